import type { Runtime } from '@vulcan/schema'
import { askAgent } from '../by-hand/agent.ts'
import type { GuestFiles } from '../by-hand/guest-files.ts'
import { runOnAgent } from '../by-hand/run-on-agent.ts'
import { type OpenVm, startByHand } from '../by-hand/vm.ts'
import type { Program } from '../programs.ts'
import { timed } from '../timed.ts'
import { type Adapter, type Answer, UnavailableError } from './adapter.ts'

const ECHO_DEADLINE_MS = 30_000

/**
 * The floor of a warm run: one VM, started by hand, stays open, and each program is one request of
 * its agent, which starts an interpreter for it.
 */
export class OpenVmRuns implements Adapter {
  readonly arm = 'open-vm'
  readonly #vm: OpenVm

  private constructor(vm: OpenVm) {
    this.#vm = vm
  }

  /** Throws `UnavailableError` when no VM starts. */
  static async open(files: GuestFiles, runtime: Runtime, signal: AbortSignal): Promise<OpenVmRuns> {
    try {
      return new OpenVmRuns(await startByHand(files, runtime, signal))
    } catch (cause) {
      signal.throwIfAborted()
      throw new UnavailableError(`no VM starts by hand: ${cause}`, { cause })
    }
  }

  async run(program: Program, signal: AbortSignal): Promise<Answer> {
    return { stdout: await runOnAgent(this.#vm.udsPath, program, signal) }
  }

  /** The shortest request there is: what a connection over vsock and back takes, in ms. */
  echo(signal: AbortSignal): Promise<number> {
    const options = { signal, deadlineMs: ECHO_DEADLINE_MS }
    return timed(() => askAgent(this.#vm.udsPath, { type: 'ping' }, options))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#vm[Symbol.asyncDispose]()
  }
}
