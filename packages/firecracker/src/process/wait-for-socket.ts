import { on } from 'node:events'
import { watch } from 'node:fs'
import { connect } from 'node:net'
import { basename, dirname } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

/** How soon to ask again where a socket is bound but does not listen yet: that makes no event. */
const REFUSED_RETRY_MS = 2

/**
 * Resolves when something listens on `path`, told by an event in its directory (which must exist).
 * Rejects when `signal` aborts.
 */
export async function waitForSocket(path: string, signal: AbortSignal): Promise<void> {
  const watcher = watch(dirname(path))
  try {
    const changes = on(watcher, 'change', { signal })
    // It may have come before the watch.
    if (await isListening(path, signal)) return
    for await (const [, name] of changes) {
      if (name === basename(path) && (await isListening(path, signal))) return
    }
  } finally {
    watcher.close()
  }
}

async function isListening(path: string, signal: AbortSignal): Promise<boolean> {
  for (;;) {
    const outcome = await tryConnect(path)
    if (outcome !== 'refused') return outcome === 'connected'
    await delay(REFUSED_RETRY_MS, undefined, { signal })
  }
}

function tryConnect(path: string): Promise<'connected' | 'refused' | 'failed'> {
  const { promise, resolve } = Promise.withResolvers<'connected' | 'refused' | 'failed'>()
  const socket = connect({ path })
  socket.on('connect', () => {
    socket.destroy()
    resolve('connected')
  })
  socket.on('error', (error: NodeJS.ErrnoException) => {
    resolve(error.code === 'ECONNREFUSED' ? 'refused' : 'failed')
  })
  return promise
}
