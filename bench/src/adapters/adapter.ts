import { VulcanError } from '@vulcan/schema'
import type { ArmName } from '../arms.ts'
import type { Program } from '../programs.ts'
import type { PhaseBegin } from '../result.ts'

/** What came back of a program. */
export interface Answer {
  readonly stdout: string
  readonly phases?: readonly PhaseBegin[]
  /** What is left to do, in nobody's time: ends what was started, and resolves with what it found out. */
  after?(signal: AbortSignal): Promise<Readonly<Record<string, number>>>
}

/** One way to run a program: what every arm of the benchmark is, and every peer. */
export interface Adapter extends AsyncDisposable {
  readonly arm: ArmName
  /** What is to be done in nobody's time before a run that is measured. */
  before?(): Promise<void>
  /**
   * Resolves when the last byte is here. Throws when the program did not run as this arm means:
   * with an answer, too, that somebody else might have given.
   */
  run(program: Program, signal: AbortSignal): Promise<Answer>
}

/** This machine, or this server, does not have it; the message says why. */
export class UnavailableError extends VulcanError<'unavailable'> {
  constructor(because: string, options?: ErrorOptions) {
    super('unavailable', because, options)
  }
}
