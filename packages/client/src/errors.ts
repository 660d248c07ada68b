import { type ProblemCode, VulcanError } from '@vulcan/schema'

/** How the server refused, besides its words. */
export interface Refusal {
  /** The HTTP status. */
  readonly status: number
  /** Stands in the server's log; empty when it gave none. */
  readonly requestId: string
  /** When the server says that it is worth trying again. */
  readonly retryAfterS: number | undefined
  /** The first field of the request that is wrong. */
  readonly field: string | undefined
}

/**
 * The server refused. `code` is a row of its table of problems; `unrecognized` stands for an answer
 * that is no problem document of this version: often a proxy's.
 */
export class ApiError
  extends VulcanError<ProblemCode | 'unrecognized'>
  implements Readonly<Refusal>
{
  readonly status: number
  readonly requestId: string
  readonly retryAfterS: number | undefined
  readonly field: string | undefined

  constructor(code: ProblemCode | 'unrecognized', detail: string, refusal: Refusal) {
    super(code, detail)
    this.status = refusal.status
    this.requestId = refusal.requestId
    this.retryAfterS = refusal.retryAfterS
    this.field = refusal.field
  }
}

/**
 * There is no answer that can be used. Whether the server has done what it was asked is not known; with
 * the same idempotency key, a workload can be submitted again without being run twice.
 *
 * | code | |
 * |---|---|
 * | `unreachable` | no connection, or it was lost before an answer |
 * | `deadline` | no answer in time |
 * | `connection_lost` | it was lost, or silent, in the middle of an answer |
 * | `redirected` | the server sends callers elsewhere: a key goes to the given address alone |
 * | `answer_invalid` | the answer is too large, or not what the API promises |
 */
export class ConnectionError extends VulcanError<
  'unreachable' | 'deadline' | 'connection_lost' | 'redirected' | 'answer_invalid'
> {}

/** `run` does not know how its workload ended: it may go on. `cause` says what went wrong. */
export class RunLostError extends VulcanError<'run_lost'> {
  readonly workloadId: string

  constructor(workloadId: string, options: { readonly cause: unknown }) {
    const { cause } = options
    const words = cause instanceof Error ? cause.message : String(cause)
    super('run_lost', `workload ${workloadId} may go on, but was lost sight of: ${words}`, options)
    this.workloadId = workloadId
  }
}

/** What a client was given does not work: an address, a key, a program. */
export class OptionError extends VulcanError<'invalid_option'> {
  /** `url`, `apiKey`, … */
  readonly option: string
  readonly problem: string

  constructor(option: string, problem: string, options?: ErrorOptions) {
    super('invalid_option', `${option} ${problem}`, options)
    this.option = option
    this.problem = problem
  }
}
