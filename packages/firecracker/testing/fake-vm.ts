import { statSync } from 'node:fs'
import { readFile, unlink } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import type { MachineState } from '../src/machine-state.ts'
import type { Vsock } from '../src/schemas/devices.ts'
import { Fault } from '../src/server/fault.ts'
import { createApiServer } from '../src/server/http-server.ts'
import type { MachineConfiguration } from '../src/server/vmm.ts'
import { VmmApi, type VmmApiRequest, type VmmApiResponse } from '../src/server/vmm-api.ts'
import { bindLikeFirecracker } from './bind-like-firecracker.ts'
import { HybridVsock, speak } from './hybrid-vsock.ts'
import { outsideOf } from './outside-of.ts'
import type { FakeScript } from './script.ts'
import type { Shim } from './shim.ts'

/** The guest's console and Firecracker's own words go nowhere; all else is as the real one. */
export class FakeVm {
  readonly id: string
  /** What came over the API, in order: `PUT /boot-source`. */
  readonly calls: string[] = []
  /** What the guest's script threw, if anything. */
  readonly scriptErrors: unknown[] = []
  /** Resolves when its process has ended and its sockets are dead (their files stay). */
  readonly ended: Promise<void>
  /** What a VMM that the stand-in of the jailer has started sees as `/`. */
  readonly jailRoot: string | undefined
  readonly #shim: Shim
  readonly #script: FakeScript
  readonly #api: VmmApi
  #configuration: MachineConfiguration | undefined
  #vsock: { readonly path: string; readonly device: HybridVsock } | undefined
  #closeApi: (() => void) | undefined

  constructor(shim: Shim, script: FakeScript) {
    this.#shim = shim
    this.#script = script
    this.id = argumentAfter(shim.args, '--id') ?? 'anonymous-instance'
    this.jailRoot = argumentAfter(shim.args, '--jail-root')
    this.ended = shim.ended.then(() => this.#forgetSockets())
    this.#api = new VmmApi({
      identity: { id: this.id, vmmVersion: '1.16.1', appName: 'Firecracker' },
      configure: async (part) => {
        if (part.kind === 'vsock') await this.#bindVsock(part.value)
      },
      start: (configuration) => this.#start(configuration),
      pause: () => undefined,
      resume: () => undefined,
      // A guest that listens for it reboots, and Firecracker exits.
      sendCtrlAltDel: () => this.exit(0),
      flushMetrics: () => undefined,
    })
  }

  get pid(): number {
    return this.#shim.pid
  }

  /** The arguments that the VMM was started with. */
  get args(): readonly string[] {
    return this.#shim.args
  }

  get state(): MachineState {
    return this.#api.state
  }

  /** What the machine was started with. */
  get configuration(): MachineConfiguration | undefined {
    return this.#configuration
  }

  /** Ends the process as a crash does. */
  kill(): void {
    this.#shim.kill()
  }

  /** Ends the process as a guest that reboots (0) or a VMM that fails does. */
  exit(code: number): void {
    this.#shim.exit(code)
  }

  /** A connection from the guest to a port of the host. */
  dialHost(port: number): Promise<Socket> {
    if (this.#vsock === undefined) throw new Error('the fake VM has no vsock')
    return this.#vsock.device.dialHost(`${this.#vsock.path}_${port}`)
  }

  /** Opens the API and applies the `--config-file`, as the arguments say. */
  async open(): Promise<void> {
    const apiSocket = argumentAfter(this.args, '--api-sock')
    if (apiSocket !== undefined && this.#script.neverOpenApi !== true) {
      const apiSocketPath = join(this.jailRoot ?? '', apiSocket)
      const { server, closeConnections } = createApiServer({ handle: (call) => this.#handle(call) })
      await bindLikeFirecracker(server, apiSocketPath, 0o600, this.#owner)
      this.#closeApi = () => {
        server.close()
        closeConnections()
      }
      if (this.state === 'ended') this.#closeApi()
    }
    const configPath = argumentAfter(this.args, '--config-file')
    if (configPath !== undefined) {
      await this.#api.applyConfigFile(await readFile(configPath, 'utf8'))
    }
  }

  /** Whose sockets a jailed VMM binds. */
  get #owner(): number | undefined {
    return this.jailRoot === undefined ? undefined : statSync(this.jailRoot).uid
  }

  async #handle(request: VmmApiRequest): Promise<VmmApiResponse> {
    const call = `${request.method} ${request.path}`
    this.calls.push(call)
    if (call === this.#script.dieAt) {
      this.kill()
      return Promise.withResolvers<VmmApiResponse>().promise
    }
    const fault = this.#script.faults?.[call]
    if (fault !== undefined) return { status: 400, body: { fault_message: fault } }
    const response = await this.#api.handle(outsideOf(this.jailRoot, request))
    await this.#script.onCall?.(call)
    return response
  }

  async #bindVsock({ udsPath }: Vsock): Promise<void> {
    if (this.#vsock !== undefined) {
      this.#vsock.device.close()
      await unlink(this.#vsock.path)
    }
    const device = new HybridVsock({
      acknowledge: () => {
        return this.state === 'running' ? (this.#script.acknowledge ?? 'prompt') : 'silent'
      },
      serve: (port) => this.#guestOn(port),
    })
    try {
      await bindLikeFirecracker(device.server, udsPath, 0o755, this.#owner)
    } catch (error) {
      throw new Fault(`Vsock config error: ${String(error)}`, { cause: error })
    }
    this.#vsock = { path: udsPath, device }
    if (this.state === 'ended') device.close()
  }

  #guestOn(port: number): ((connection: Socket) => Promise<void>) | undefined {
    const { guest } = this.#script
    if (guest === undefined) return undefined
    return (connection) => this.#record(guest(connection, this, port))
  }

  #start(configuration: MachineConfiguration): void {
    this.#configuration = configuration
    void this.#record(this.#becomeReady())
  }

  async #becomeReady(): Promise<void> {
    const { readiness } = this.#script
    if (readiness === undefined || readiness.manner === 'silent') return
    const { port, message, manner = 'prompt' } = readiness
    if (typeof manner === 'object') await manner.after
    const connection = await this.dialHost(port)
    await speak(connection, manner, message)
    connection.destroySoon()
  }

  async #record(work: Promise<void>): Promise<void> {
    try {
      await work
    } catch (error) {
      this.scriptErrors.push(error)
    }
  }

  #forgetSockets(): void {
    this.#api.end()
    this.#closeApi?.()
    this.#vsock?.device.close()
  }
}

function argumentAfter(args: readonly string[], name: string): string | undefined {
  const index = args.indexOf(name)
  return index === -1 ? undefined : args[index + 1]
}
