import { messageOf, type Runtime } from '@vulcan/schema'
import type { ArmName } from '../arms.ts'
import { hello, type Program } from '../programs.ts'
import { type Adapter, type Answer, UnavailableError } from './adapter.ts'
import { runProgram } from './run-program.ts'

const TRIAL_DEADLINE_MS = 120_000

/** A command that runs the program on its standard input. */
export type Way = readonly string[]

/**
 * The first of these commands that runs a program on this machine. Throws `UnavailableError` with
 * what each of them said when none does.
 */
export async function firstThatWorks(
  arm: ArmName,
  runtime: Runtime,
  ways: readonly Way[],
  signal: AbortSignal,
): Promise<Adapter> {
  const refusals = new Set<string>()
  for (const way of ways) {
    const adapter = new Command(arm, way)
    try {
      const program = hello(runtime)
      const trial = AbortSignal.any([signal, AbortSignal.timeout(TRIAL_DEADLINE_MS)])
      const { stdout } = await adapter.run(program, trial)
      if (stdout.trim() === program.nonce) return adapter
      refusals.add(`"${way.join(' ')}" writes something else`)
    } catch (error) {
      signal.throwIfAborted()
      refusals.add(messageOf(error))
    }
  }
  throw new UnavailableError([...refusals].join('; ') || `nothing here runs ${runtime}`)
}

class Command implements Adapter {
  readonly arm: ArmName
  readonly #way: Way

  constructor(arm: ArmName, way: Way) {
    this.arm = arm
    this.#way = way
  }

  async run({ code }: Program, signal: AbortSignal): Promise<Answer> {
    return { stdout: await runProgram(this.#way, { signal, input: code }) }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Nothing runs between two programs.
  }
}
