import type { GuestFiles } from '../by-hand/guest-files.ts'
import { runOnAgent } from '../by-hand/run-on-agent.ts'
import { startByHand } from '../by-hand/vm.ts'
import type { Program } from '../programs.ts'
import type { Adapter, Answer } from './adapter.ts'

/** The floor of a cold run: a VMM started by hand for each program, and killed in nobody's time. */
export class ByHand implements Adapter {
  readonly arm = 'by-hand'
  readonly #files: GuestFiles

  constructor(files: GuestFiles) {
    this.#files = files
  }

  async run(program: Program, signal: AbortSignal): Promise<Answer> {
    await using held = new AsyncDisposableStack()
    const vm = held.use(await startByHand(this.#files, program.runtime, signal))
    const stdout = await runOnAgent(vm.udsPath, program, signal)
    const running = held.move()
    return {
      stdout,
      after: async () => {
        await running.disposeAsync()
        return { readyMs: vm.readyMs }
      },
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Each of its VMs has its own end.
  }
}
