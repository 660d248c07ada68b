import { askAgent } from '../by-hand/agent.ts'
import type { GuestFiles } from '../by-hand/guest-files.ts'
import { startByHand } from '../by-hand/vm.ts'
import type { Program } from '../programs.ts'
import type { Adapter, Answer } from './adapter.ts'

/** What the guest's agent gives a program, and how long its answer is waited for. */
export const TIMEOUT_S = 120
export const ANSWER_DEADLINE_MS = (TIMEOUT_S + 10) * 1000

/** The floor of a cold run: a VMM started by hand for each program, and killed in nobody's time. */
export class ByHand implements Adapter {
  readonly arm = 'by-hand'
  readonly #files: GuestFiles

  constructor(files: GuestFiles) {
    this.#files = files
  }

  async run({ runtime, code }: Program, signal: AbortSignal): Promise<Answer> {
    await using held = new AsyncDisposableStack()
    const vm = held.use(await startByHand(this.#files, runtime, signal))
    const request = { type: 'run', runtime, code, timeout_s: TIMEOUT_S }
    const { stdout, response } = await askAgent(vm.udsPath, request, {
      signal,
      deadlineMs: ANSWER_DEADLINE_MS,
    })
    checkExited(response)
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

/** Throws unless the program ended well. */
export function checkExited(response: Readonly<Record<string, unknown>>): void {
  const { reason, exit_code: exitCode } = response
  if (reason !== 'exited' || exitCode !== 0) {
    throw new Error(`the program did not end well: ${JSON.stringify(response)}`)
  }
}
