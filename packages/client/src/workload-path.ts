import { OptionError } from './errors.ts'

/** Where a workload is. Throws `OptionError` for what cannot be an id: it could lead elsewhere. */
export function workloadPath(id: string, below = '', query: Query = {}): string {
  if (!/^[0-9A-Za-z]{1,64}$/.test(id)) throw new OptionError('id', 'takes the id of a workload')
  return `/v1/workloads/${id}${below}${queryOf(query)}`
}

/** Undefined is left out. */
export type Query = Readonly<Record<string, string | number | undefined>>

/** With its question mark; empty without any field. */
export function queryOf(query: Query): string {
  const fields = Object.entries(query).flatMap(([name, value]) => {
    return value === undefined ? [] : [[name, String(value)]]
  })
  return fields.length === 0 ? '' : `?${new URLSearchParams(fields)}`
}
