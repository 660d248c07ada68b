export interface Probe {
  /** What it says: unique, or nobody could tell what has arrived. */
  readonly id: string
  readonly to: string
  /** Default: what the kernel chooses. */
  readonly from?: string
}

export interface SendRequest {
  readonly probes: readonly Probe[]
  /** To addresses that answer. */
  readonly markers: readonly Probe[]
}
