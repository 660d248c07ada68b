import type { ChildProcessByStdio } from 'node:child_process'
import type { Readable } from 'node:stream'
import { FirecrackerClient } from '../client/firecracker-client.ts'
import type { PinnedSocket } from '../jailer/pin-socket.ts'
import { Machine } from '../machine.ts'
import { ByteTail } from './byte-tail.ts'
import { VmmStillRunningError } from './errors.ts'
import { KILL_AT_ONCE, Shutdown, type ShutdownStage } from './shutdown.ts'

const TAIL_BYTES = 64 * 1024

/** How a VMM ended, and the last 64 KiB that it said. */
export interface VmmExit {
  /** Null where a signal ended the process. */
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  readonly consoleTail: string
  readonly stderrTail: string
}

/**
 * One running VMM: its process, its client and its machine. Disposing kills it and waits.
 *
 * stdout (the guest's console) and stderr are always read, and only their tails are kept.
 */
export class VmmProcess implements AsyncDisposable {
  readonly pid: number
  readonly client: FirecrackerClient
  readonly machine: Machine
  /** Resolves when the process has ended and nobody else holds its stdout: it never rejects. */
  readonly exited: Promise<VmmExit>
  readonly #console = new ByteTail(TAIL_BYTES)
  readonly #stderr = new ByteTail(TAIL_BYTES)
  readonly #shutdown: Shutdown
  readonly #held = new DisposableStack()

  constructor(
    child: ChildProcessByStdio<null, Readable, Readable>,
    pid: number,
    options: {
      readonly apiSocketPath: string
      readonly startsByItself: boolean
      readonly onConsole?: ((chunk: Uint8Array) => void) | undefined
    },
  ) {
    this.pid = pid
    this.client = new FirecrackerClient(options.apiSocketPath)
    this.machine = new Machine(this.client, options.startsByItself ? 'running' : 'not_started')
    keepTail(child.stdout, this.#console)
    keepTail(child.stderr, this.#stderr)
    // Told by Node when a signal could not be sent.
    child.on('error', (error) => this.#stderr.append(Buffer.from(`\n[${error.message}]\n`)))
    if (options.onConsole !== undefined) child.stdout.on('data', options.onConsole)
    const { promise, resolve } = Promise.withResolvers<VmmExit>()
    this.exited = promise
    child.on('close', (exitCode, signal) => {
      this.machine.end()
      this.client[Symbol.dispose]()
      this.#held.dispose()
      resolve({ exitCode, signal, consoleTail: this.consoleTail, stderrTail: this.stderrTail })
    })
    this.#shutdown = new Shutdown({
      exited: promise,
      sendCtrlAltDel: (signal) => this.machine.sendCtrlAltDel({ signal }),
      signal: (name) => child.kill(name),
    })
  }

  /** From now on the client connects to this socket, which is released with the process's end. */
  holdApiSocket(socket: PinnedSocket): void {
    if (this.#held.disposed) {
      socket[Symbol.dispose]()
      return
    }
    this.#held.use(socket)
    this.client.connectBy(socket.path)
  }

  get consoleTail(): string {
    return this.#console.toString()
  }

  get stderrTail(): string {
    return this.#stderr.toString()
  }

  /**
   * Goes through `stages` until the VMM has ended. Throws `VmmStillRunningError`
   * (`vmm_still_running`) when it outlives the last one: its files must be kept then.
   */
  async shutdown(stages: readonly ShutdownStage[] = KILL_AT_ONCE): Promise<VmmExit> {
    if (await this.#shutdown.run(stages)) return this.exited
    throw new VmmStillRunningError(this.pid, stages)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown()
  }
}

function keepTail(stream: Readable, tail: ByteTail): void {
  stream.on('data', (chunk: Buffer) => tail.append(chunk))
  stream.on('error', (error) => tail.append(Buffer.from(`\n[reading failed: ${error.message}]\n`)))
}
