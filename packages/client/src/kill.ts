import { WorkloadView } from '@vulcan/schema'
import { ApiError } from './errors.ts'
import { askJson } from './http/json.ts'
import { retrying } from './http/retry.ts'
import type { Settings } from './options.ts'
import { get } from './wait.ts'
import { decodeWorkload, type Workload } from './wire/workload.ts'
import { workloadPath } from './workload-path.ts'

/** Ends a workload. Throws `ApiError` `workload_ended` when that is too late. */
export function kill(
  settings: Settings,
  id: string,
  signal: AbortSignal | undefined,
): Promise<Workload> {
  const call = { method: 'DELETE', path: workloadPath(id), signal } as const
  return retrying(
    async (earlier) => {
      try {
        return decodeWorkload(await askJson(settings, call, WorkloadView))
      } catch (error) {
        // An earlier attempt whose answer was lost may have been what ended it.
        if (earlier === 0 || !isEnded(error)) throw error
        return get(settings, id, { signal })
      }
    },
    { ...settings, signal },
  )
}

export function isEnded(error: unknown): boolean {
  return error instanceof ApiError && error.code === 'workload_ended'
}
