import { Agent } from 'node:http'
import * as z from 'zod'
import { type BootSource, bootSource } from '../schemas/boot-source.ts'
import {
  type Drive,
  drive,
  type Entropy,
  entropy,
  type NetworkInterface,
  networkInterface,
  type Vsock,
  vsock,
} from '../schemas/devices.ts'
import {
  type Action,
  action,
  faultMessage,
  type InstanceInfo,
  instanceInfo,
  type VmState,
  version,
  vmState,
} from '../schemas/instance.ts'
import {
  type MachineConfig,
  type MachineConfigUpdate,
  machineConfig,
  machineConfigUpdate,
} from '../schemas/machine-config.ts'
import {
  type Logger,
  logger,
  type Metrics,
  metrics,
  type Serial,
  serial,
} from '../schemas/sinks.ts'
import { type VmConfig, vmConfig } from '../schemas/vm-config.ts'
import { checkSocketPath } from '../socket-path.ts'
import { type ApiCall, ApiFaultError, ApiResponseError } from './errors.ts'
import { type Answer, sendRequest } from './send-request.ts'

export interface CallOptions {
  readonly signal?: AbortSignal | undefined
  /** For the whole call; default 5 s. */
  readonly deadlineMs?: number | undefined
}

const DEADLINE_MS = 5_000

/**
 * A client for one VMM's API socket. Calls go out one after the other over one kept connection.
 *
 * Every method throws `ApiFaultError` (`vmm_api_fault`) where the VMM refuses, and otherwise
 * `ApiUnreachableError` (`vmm_api_unreachable`), `ApiDeadlineError` (`vmm_api_deadline`),
 * `ApiResponseError` (`vmm_api_response`), or the reason of its signal. A call that was not
 * answered may have been acted upon. Disposing closes the connection.
 */
export class FirecrackerClient implements Disposable {
  #socketPath: string
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 })

  /** Throws `SocketPathError` (`socket_path_too_long`). */
  constructor(socketPath: string) {
    checkSocketPath(socketPath)
    this.#socketPath = socketPath
  }

  /** Connects by another path of the same socket from now on. */
  connectBy(socketPath: string): void {
    this.#socketPath = socketPath
  }

  instanceInfo(options?: CallOptions): Promise<InstanceInfo> {
    return this.#get('/', instanceInfo, options)
  }

  async version(options?: CallOptions): Promise<string> {
    return (await this.#get('/version', version, options)).firecrackerVersion
  }

  machineConfig(options?: CallOptions): Promise<MachineConfig> {
    return this.#get('/machine-config', machineConfig, options)
  }

  vmConfig(options?: CallOptions): Promise<VmConfig> {
    return this.#get('/vm/config', vmConfig, options)
  }

  putBootSource(value: BootSource, options?: CallOptions): Promise<void> {
    return this.#send('PUT', '/boot-source', bootSource, value, options)
  }

  putMachineConfig(value: MachineConfig, options?: CallOptions): Promise<void> {
    return this.#send('PUT', '/machine-config', machineConfig, value, options)
  }

  patchMachineConfig(value: MachineConfigUpdate, options?: CallOptions): Promise<void> {
    return this.#send('PATCH', '/machine-config', machineConfigUpdate, value, options)
  }

  putDrive(value: Drive, options?: CallOptions): Promise<void> {
    return this.#send('PUT', `/drives/${value.driveId}`, drive, value, options)
  }

  putNetworkInterface(value: NetworkInterface, options?: CallOptions): Promise<void> {
    const path = `/network-interfaces/${value.ifaceId}`
    return this.#send('PUT', path, networkInterface, value, options)
  }

  /** Firecracker binds `udsPath` at once and refuses a path that exists. */
  putVsock(value: Vsock, options?: CallOptions): Promise<void> {
    return this.#send('PUT', '/vsock', vsock, value, options)
  }

  putEntropy(value: Entropy, options?: CallOptions): Promise<void> {
    return this.#send('PUT', '/entropy', entropy, value, options)
  }

  putSerial(value: Serial, options?: CallOptions): Promise<void> {
    return this.#send('PUT', '/serial', serial, value, options)
  }

  putLogger(value: Logger, options?: CallOptions): Promise<void> {
    return this.#send('PUT', '/logger', logger, value, options)
  }

  putMetrics(value: Metrics, options?: CallOptions): Promise<void> {
    return this.#send('PUT', '/metrics', metrics, value, options)
  }

  perform(actionType: Action['actionType'], options?: CallOptions): Promise<void> {
    return this.#send('PUT', '/actions', action, { actionType }, options)
  }

  patchVmState(state: VmState['state'], options?: CallOptions): Promise<void> {
    return this.#send('PATCH', '/vm', vmState, { state }, options)
  }

  [Symbol.dispose](): void {
    this.#agent.destroy()
  }

  async #get<Value>(
    path: string,
    schema: z.ZodType<Value>,
    options: CallOptions | undefined,
  ): Promise<Value> {
    const call = this.#call('GET', path)
    const { text } = await this.#request(call, undefined, options)
    const result = schema.safeParse(parseAnswer(call, text))
    if (result.success) return result.data
    throw new ApiResponseError(call, z.prettifyError(result.error), { cause: result.error })
  }

  async #send<Value>(
    method: string,
    path: string,
    schema: z.ZodType<Value>,
    value: Value,
    options: CallOptions | undefined,
  ): Promise<void> {
    const body = JSON.stringify(z.encode(schema, value))
    await this.#request(this.#call(method, path), body, options)
  }

  #call(method: string, path: string): ApiCall {
    return { method, path, socketPath: this.#socketPath }
  }

  async #request(
    call: ApiCall,
    body: string | undefined,
    options: CallOptions | undefined,
  ): Promise<Answer> {
    const { signal, deadlineMs = DEADLINE_MS } = options ?? {}
    const answer = await sendRequest(call, body, { agent: this.#agent, signal, deadlineMs })
    if (answer.status >= 200 && answer.status < 300) return answer
    throw new ApiFaultError(call, answer.status, faultText(answer.text))
  }
}

function parseAnswer(call: ApiCall, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new ApiResponseError(call, 'it is not JSON', { cause })
  }
}

/** Errors of Firecracker's HTTP layer have no `fault_message` and are not even valid JSON. */
function faultText(text: string): string {
  try {
    return faultMessage.parse(JSON.parse(text)).faultMessage
  } catch {
    return text
  }
}
