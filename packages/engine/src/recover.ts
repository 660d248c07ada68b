import { finalStatus, type Status, type Workload } from '@vulcan/schema'
import { ownerDied } from './end-of.ts'
import type { Store } from './store.ts'
import type { Tell } from './tell.ts'

const PAGE = 100

/**
 * Accounts for what an earlier process left: what was running has failed with it, and what was
 * waiting, the oldest first, waits again.
 */
export async function recover(store: Store, tell: Tell): Promise<Workload[]> {
  const running = await all(store, 'running')
  const ends = running.map(async (workload) => {
    const end = ownerDied()
    await store.end(workload.id, end)
    const ended = { ...workload, status: finalStatus(end.reason), end }
    tell((watcher) => watcher.ended(ended, 0))
  })
  await Promise.all(ends)
  const pending = await all(store, 'pending')
  return pending.reverse()
}

/** The queue and the slots bound how many these can be. */
async function all(store: Store, status: Status): Promise<Workload[]> {
  const found: Workload[] = []
  let cursor: string | undefined
  do {
    const page = await store.list({ status, limit: PAGE, cursor })
    found.push(...page.workloads)
    cursor = page.nextCursor ?? undefined
  } while (cursor !== undefined)
  return found
}
