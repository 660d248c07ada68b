import { type Phase, type Reason, type ResultReason, VulcanError } from '@vulcan/schema'

/** The reasons for which a VM, and not the program in it, fails. */
export type FailureReason = Exclude<Reason, ResultReason>

/** A workload that got no result: `code` is its row in the table of outcomes. */
export class BackendError extends VulcanError<FailureReason> {
  /** Where it happened; absent when it happened before anything was made. */
  readonly phase: Phase | undefined
  /** The end of the guest's console: bytes of an untrusted guest, at most 64 KiB. */
  readonly consoleTail: string

  constructor(
    reason: FailureReason,
    message: string,
    details: { phase?: Phase | undefined; consoleTail?: string; cause?: unknown } = {},
  ) {
    super(reason, message, details.cause === undefined ? undefined : { cause: details.cause })
    this.phase = details.phase
    this.consoleTail = details.consoleTail ?? ''
  }
}
