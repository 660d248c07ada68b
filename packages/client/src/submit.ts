import { WorkloadView } from '@vulcan/schema'
import { askJson } from './http/json.ts'
import { retrying } from './http/retry.ts'
import type { Settings } from './options.ts'
import { encodeNewWorkload, type NewWorkload } from './wire/new-workload.ts'
import { decodeWorkload, type Workload } from './wire/workload.ts'

export interface SubmitOptions {
  readonly signal?: AbortSignal | undefined
  /** The server takes what has the same key once. Default: a new one for each call. */
  readonly idempotencyKey?: string | undefined
}

/** Hands a workload in; tried again when it is not known whether it arrived. */
export async function submit(
  settings: Settings,
  workload: NewWorkload,
  { signal, idempotencyKey = newKey() }: SubmitOptions,
): Promise<Workload> {
  const path = '/v1/workloads/async'
  const call = { method: 'POST', path, body: encodeNewWorkload(workload), idempotencyKey } as const
  const ask = () => askJson(settings, { ...call, signal }, WorkloadView)
  return decodeWorkload(await retrying(ask, { ...settings, signal }))
}

/** `crypto.randomUUID` is missing on pages without TLS. */
function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
