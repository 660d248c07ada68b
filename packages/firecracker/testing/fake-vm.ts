import { statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import type { MachineState } from '../src/machine-state.ts'
import type { SnapshotLoad } from '../src/schemas/snapshot.ts'
import { createApiServer } from '../src/server/http-server.ts'
import type { MachineConfiguration } from '../src/server/vmm.ts'
import { VmmApi, type VmmApiRequest, type VmmApiResponse } from '../src/server/vmm-api.ts'
import { bindLikeFirecracker } from './bind-like-firecracker.ts'
import type { CommandLine } from './command-line.ts'
import { FakeDevices } from './fake-devices.ts'
import { FakeSinks } from './fake-sinks.ts'
import { readSnapshot, writeSnapshot } from './fake-snapshot.ts'
import { FakeVsock } from './fake-vsock.ts'
import { speak } from './hybrid-vsock.ts'
import { outsideOf } from './outside-of.ts'
import { DEFAULT_VERSION, type FakeScript } from './script.ts'
import type { Shim } from './shim.ts'

/** The guest's console goes nowhere, and Firecracker's own words only to its sinks. */
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
  readonly #commandLine: CommandLine
  readonly #script: FakeScript
  readonly #api: VmmApi
  #configuration: MachineConfiguration | undefined
  /** A process whose restore failed is too dirty to go on. */
  #endAfterAnswer = false
  readonly #devices = new FakeDevices()
  readonly #sinks: FakeSinks
  readonly #vsock: FakeVsock
  #closeApi: (() => void) | undefined

  constructor(shim: Shim, commandLine: CommandLine, script: FakeScript) {
    this.#shim = shim
    this.#commandLine = commandLine
    this.#script = script
    this.id = commandLine.id
    this.jailRoot = commandLine.jailRoot
    this.ended = shim.ended.then(() => this.#forgetSockets())
    this.#sinks = new FakeSinks(this.id)
    this.#vsock = new FakeVsock({
      acknowledge: () => {
        return this.state === 'running' ? (this.#script.acknowledge ?? 'prompt') : 'silent'
      },
      serve: (port) => this.#guestOn(port),
    })
    this.#api = new VmmApi({
      identity: {
        id: this.id,
        vmmVersion: script.version ?? DEFAULT_VERSION,
        appName: 'Firecracker',
      },
      pciEnabled: commandLine.pciEnabled,
      metadataBytesMax: commandLine.metadataBytesMax,
      configure: async (part) => {
        if (part.kind === 'vsock') await this.#vsock.bind(part.value, this.#owner)
        if (part.kind === 'logger') this.#sinks.configureLog(part.value)
        if (part.kind === 'metrics') this.#sinks.configureMetrics(part.value)
      },
      start: (configuration) => this.#start(configuration),
      pause: () => undefined,
      resume: () => undefined,
      // A guest that listens for it reboots, and Firecracker exits.
      sendCtrlAltDel: () => this.exit(0),
      flushMetrics: () => this.#sinks.flushMetrics(),
      change: (change, configuration) => {
        this.#devices.apply(change)
        this.#configuration = configuration
      },
      balloonStatistics: (balloon) => this.#devices.balloonStatistics(balloon),
      hintingStatus: () => this.#devices.hintingStatus(),
      memoryHotplugStatus: (device) => this.#devices.memoryHotplugStatus(device),
      setMetadata: () => undefined,
      createSnapshot: async (request, configuration) => {
        await writeSnapshot(request, configuration)
        this.#vsock.reset()
      },
      loadSnapshot: (request) => this.#loadSnapshot(request),
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

  /** Ends the process as a guest that reboots (0) or a VMM that fails does, who may say why. */
  exit(code: number, stderr = ''): void {
    this.#shim.exit(code, { stderr })
  }

  /** A connection from the guest to a port of the host. */
  dialHost(port: number): Promise<Socket> {
    return this.#vsock.dialHost(port)
  }

  /** Opens the API and applies the files, as the arguments say; calls come after the files. */
  async open(): Promise<void> {
    const { apiSocket, ...paths } = this.#commandLine
    const [metadata, config] = await Promise.all([
      readText(paths.metadata),
      readText(paths.configFile),
    ])
    if (apiSocket !== undefined && this.#script.neverOpenApi !== true) {
      await this.#openApi(join(this.jailRoot ?? '', apiSocket))
    }
    const put =
      metadata === undefined
        ? undefined
        : this.#api.handle({ method: 'PUT', path: '/mmds', body: metadata })
    if (config !== undefined) await this.#api.applyConfigFile(config)
    await put
  }

  async #openApi(socketPath: string): Promise<void> {
    const api = {
      handle: (call: VmmApiRequest) => this.#handle(call),
      answered: () => {
        if (this.#endAfterAnswer) this.exit(1)
      },
    }
    const { bodyBytesMax } = this.#commandLine
    const { server, closeConnections } = createApiServer(api, bodyBytesMax)
    await bindLikeFirecracker(server, socketPath, 0o600, this.#owner)
    this.#closeApi = () => {
      server.close()
      closeConnections()
    }
    if (this.state === 'ended') this.#closeApi()
  }

  /** Whose sockets a jailed VMM binds. */
  get #owner(): number | undefined {
    return this.jailRoot === undefined ? undefined : statSync(this.jailRoot).uid
  }

  async #handle(request: VmmApiRequest): Promise<VmmApiResponse> {
    const call = `${request.method} ${request.path}`
    this.calls.push(call)
    this.#sinks.logCall(call)
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

  async #loadSnapshot(request: SnapshotLoad): Promise<MachineConfiguration> {
    try {
      const machine = await readSnapshot(request)
      if (machine.vsock !== undefined) await this.#vsock.bind(machine.vsock, this.#owner)
      this.#configuration = machine
      return machine
    } catch (error) {
      this.#endAfterAnswer = true
      throw error
    }
  }

  #guestOn(port: number): ((connection: Socket) => Promise<void>) | undefined {
    const { guest, guestPorts = [port] } = this.#script
    if (guest === undefined || !guestPorts.includes(port)) return undefined
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
    this.#vsock.close()
    this.#sinks.close()
  }
}

async function readText(path: string | undefined): Promise<string | undefined> {
  return path === undefined ? undefined : readFile(path, 'utf8')
}
