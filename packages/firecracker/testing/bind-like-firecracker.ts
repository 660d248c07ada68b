import { once } from 'node:events'
import { chmodSync, chownSync, linkSync, unlinkSync } from 'node:fs'
import type { Server } from 'node:net'
import { dirname } from 'node:path'
import { checkSocketPath } from '../src/socket-path.ts'

let bindings = 0

/**
 * Binds `path` so that it stays behind when `server` closes, as the socket of a killed process
 * does. Node removes the name that it bound, so it gets another one, and `path` is a link.
 */
export async function bindLikeFirecracker(
  server: Server,
  path: string,
  mode: number,
  owner?: number,
): Promise<void> {
  checkSocketPath(path)
  bindings += 1
  const boundName = `${dirname(path)}/.${bindings}`
  server.listen({ path: boundName })
  await once(server, 'listening')
  try {
    chmodSync(boundName, mode)
    if (owner !== undefined) chownSync(boundName, owner, owner)
    linkSync(boundName, path)
  } catch (error) {
    server.close()
    throw error
  }
  unlinkSync(boundName)
}
