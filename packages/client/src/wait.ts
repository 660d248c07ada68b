import { HTTP_LIMITS, isFinal, WorkloadView } from '@vulcan/schema'
import { askJson } from './http/json.ts'
import { retrying, sleep } from './http/retry.ts'
import type { Settings } from './options.ts'
import { decodeWorkload, type Workload } from './wire/workload.ts'
import { workloadPath } from './workload-path.ts'

/** Shorter than what proxies cut a silent connection after. */
const WAIT_S = HTTP_LIMITS.waitSDefault / 2
/** For servers that answer at once. */
const ASK_EVERY_MS = 500

/** A workload as it stands; with `waitS`, when it has ended or after that time. */
export async function get(
  settings: Settings,
  id: string,
  { signal, waitS }: { readonly signal?: AbortSignal | undefined; readonly waitS?: number } = {},
): Promise<Workload> {
  const path = workloadPath(id, '', { wait: waitS })
  const call = { method: 'GET', path, waitMs: (waitS ?? 0) * 1000, signal } as const
  const ask = () => askJson(settings, call, WorkloadView)
  return decodeWorkload(await retrying(ask, { ...settings, signal }))
}

/** Resolves when the workload has ended, with its output. */
export async function wait(
  settings: Settings,
  id: string,
  signal: AbortSignal | undefined,
): Promise<Workload> {
  for (;;) {
    const askedAtMs = performance.now()
    const workload = await get(settings, id, { signal, waitS: WAIT_S })
    if (isFinal(workload.status)) return workload
    await sleep(askedAtMs + ASK_EVERY_MS - performance.now(), signal)
  }
}
