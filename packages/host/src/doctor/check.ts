/**
 * How a check came out: `warn` takes something away, `fail` means that no workload can run, `skip`
 * that the check was not made, since an earlier one has failed.
 */
export type CheckStatus = 'ok' | 'warn' | 'fail' | 'skip'

/** What one check found, and what would mend it. */
export interface Finding {
  readonly status: CheckStatus
  readonly finding: string
  /** What to do, in one sentence; absent when there is nothing to do. */
  readonly remedy?: string
}

/** One check of `vulcan doctor`. `code` is stable; programs go by it. */
export interface Check {
  readonly code: string
  readonly deadlineMs?: number
  /** The codes of earlier checks without whose success this one could only repeat their findings. */
  readonly needs?: 'all' | readonly string[]
  run(signal: AbortSignal): Promise<Finding>
}

export const ok = (finding: string): Finding => ({ status: 'ok', finding })
export const warn = (finding: string, remedy: string): Finding => ({
  status: 'warn',
  finding,
  remedy,
})
export const fail = (finding: string, remedy: string): Finding => ({
  status: 'fail',
  finding,
  remedy,
})
