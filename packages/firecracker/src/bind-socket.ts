import { once } from 'node:events'
import { chmod } from 'node:fs/promises'
import type { Server } from 'node:net'
import { hasErrno, VulcanError } from '@vulcan/schema'
import { checkSocketPath } from './socket-path.ts'

/** A socket that could not be bound: `reason` is `exists` where its path is taken. */
export class SocketBindError extends VulcanError<'socket_bind_failed'> {
  readonly path: string
  readonly reason: 'exists' | 'other'

  constructor(path: string, cause: unknown) {
    const taken = hasErrno(cause, 'EADDRINUSE')
    const advice = taken ? 'the path exists: remove it if no process uses it' : String(cause)
    super('socket_bind_failed', `cannot bind the socket ${path}: ${advice}`, { cause })
    this.path = path
    this.reason = taken ? 'exists' : 'other'
  }
}

/**
 * Makes `server` listen on a new unix socket; `server.close()` removes it.
 * Throws `SocketPathError` (`socket_path_too_long`) and `SocketBindError` (`socket_bind_failed`).
 */
export async function bindSocket(server: Server, path: string, mode: number): Promise<void> {
  checkSocketPath(path)
  try {
    server.listen({ path })
    await once(server, 'listening')
    await chmod(path, mode)
  } catch (error) {
    server.close()
    throw new SocketBindError(path, error)
  }
}
