/** What makes a submission safe to repeat: a key that its owner chose, and a hash of what it asks for. */
export interface Idempotency {
  readonly key: string
  readonly requestHash: string
}

/** What a key stands for. */
export interface KeptRequest {
  readonly workloadId: string
  readonly requestHash: string
}

/** How long after its first submission a key stands for it; less if its workload goes before. */
export const KEYS_KEPT_MS = 24 * 3_600_000
