import type {
  BackendView,
  Isolation,
  IsolationStrength,
  Runtime,
  Stats as StatsView,
  Status,
} from '@vulcan/schema'

/** What can execute workloads on the server. */
export interface Backend {
  readonly name: string
  readonly supportedRuntimes: readonly Runtime[]
  readonly supportedIsolations: readonly 'microvm'[]
  readonly maxConcurrency: number
  /** `emulated` is no security boundary. */
  readonly isolationStrength: IsolationStrength
}

export function decodeBackend({ capabilities }: BackendView): Backend {
  return {
    name: capabilities.name,
    supportedRuntimes: capabilities.supported_runtimes,
    supportedIsolations: capabilities.supported_isolations,
    maxConcurrency: capabilities.max_concurrency,
    isolationStrength: capabilities.isolation_strength,
  }
}

/** Of the workloads that the key may see. */
export interface Stats {
  readonly total: number
  readonly byStatus: Readonly<Record<Status, number>>
  readonly byIsolation: Readonly<Record<Isolation, number>>
  /** Of those that ran and ended; null without any. */
  readonly avgDurationMs: number | null
}

export function decodeStats(view: StatsView): Stats {
  return {
    total: view.total,
    byStatus: view.by_status,
    byIsolation: view.by_isolation,
    avgDurationMs: view.avg_duration_ms,
  }
}
