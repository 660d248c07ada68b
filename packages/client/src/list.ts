import { HTTP_LIMITS, type Runtime, type Status, WorkloadList } from '@vulcan/schema'
import { ConnectionError } from './errors.ts'
import { askJson } from './http/json.ts'
import { retrying } from './http/retry.ts'
import type { Settings } from './options.ts'
import { decodeWorkload, type Workload } from './wire/workload.ts'
import { queryOf } from './workload-path.ts'

export interface ListOptions {
  readonly status?: Status | undefined
  readonly runtime?: Runtime | undefined
  /** Those created at or after this time. */
  readonly since?: Date | undefined
  /** In all (default: no limit). */
  readonly limit?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/** Workloads, the newest first, fetched page by page as they are taken. */
export async function* list(
  settings: Settings,
  { status, runtime, since, limit = Number.POSITIVE_INFINITY, signal }: ListOptions,
): AsyncGenerator<Workload, void, undefined> {
  const filter = { status, runtime, since: since?.toISOString() }
  let cursor: string | undefined
  for (let left = limit; left > 0; ) {
    const query = queryOf({ ...filter, limit: Math.min(left, HTTP_LIMITS.listLimit), cursor })
    const call = { method: 'GET', path: `/v1/workloads${query}`, signal } as const
    const page = await retrying(() => askJson(settings, call, WorkloadList), {
      ...settings,
      signal,
    })
    for (const view of page.workloads.slice(0, left)) yield decodeWorkload(view)
    left -= page.workloads.length
    if (page.next_cursor === null) return
    if (page.workloads.length === 0 || page.next_cursor === cursor) {
      throw new ConnectionError('answer_invalid', "the server's pages do not come to an end")
    }
    cursor = page.next_cursor
  }
}
