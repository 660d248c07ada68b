import { RUNTIMES, Status } from '@vulcan/schema'
import type { ListQuery } from '../store.ts'
import { LIST_COLUMNS } from './rows.ts'

type Filter = Pick<ListQuery, 'owner' | 'status' | 'runtime' | 'sinceMs'>

/**
 * A page in SQL: of each status and runtime that the filter permits the newest workloads, which an
 * index gives without a search, and of these the newest. What that costs depends on the page, never
 * on how many workloads there are. Its parameters are `before`, `limit`, `offset`, `upto` (their sum)
 * and, where the filter has them, `owner`, `sinceMs` and `from`.
 */
export function listStatement({ owner, status, runtime, sinceMs }: Filter): string {
  const since = sinceMs === undefined ? '' : ' AND ord >= :from AND created_at_ms >= :sinceMs'
  const newest = (where: string) =>
    `SELECT ord FROM (SELECT ord FROM workloads WHERE ${where}ord < :before${since} ORDER BY ord DESC LIMIT :upto)`
  const isOpen = owner === undefined && status === undefined && runtime === undefined
  const branches = isOpen
    ? [newest('')]
    : combinations(status, runtime).map(([oneStatus, oneRuntime]) => {
        const byOwner = owner === undefined ? '' : 'owner = :owner AND '
        return newest(`${byOwner}status = '${oneStatus}' AND runtime = '${oneRuntime}' AND `)
      })
  return `
    SELECT ${LIST_COLUMNS} FROM workloads WHERE ord IN (
      SELECT ord FROM (${branches.join(' UNION ALL ')}) ORDER BY ord DESC LIMIT :limit OFFSET :offset
    ) ORDER BY ord DESC`
}

/** Values of the schema's own, which need no quoting. */
function combinations(status: Filter['status'], runtime: Filter['runtime']) {
  const statuses = status === undefined ? Status.options : [status]
  const runtimes = runtime === undefined ? RUNTIMES : [runtime]
  return statuses.flatMap((one) => runtimes.map((other) => [one, other] as const))
}
