import { on } from 'node:events'
import { existsSync, watch } from 'node:fs'
import { dirname } from 'node:path'

/** Resolves when there is something at `path`, whose directory must exist. */
export async function untilExists(path: string, signal?: AbortSignal): Promise<void> {
  const watcher = watch(dirname(path))
  try {
    const changes = on(watcher, 'change', { signal })
    while (!existsSync(path)) await changes.next()
  } finally {
    watcher.close()
  }
}
