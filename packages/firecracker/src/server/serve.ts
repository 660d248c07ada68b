import { once } from 'node:events'
import { bindSocket } from '../bind-socket.ts'
import { createApiServer } from './http-server.ts'
import type { VmmApi } from './vmm-api.ts'

export interface FirecrackerApiServer extends AsyncDisposable {
  readonly socketPath: string
}

/**
 * Serves Firecracker's API on a new unix socket (mode 0600), within Firecracker's limits: 10
 * connections, header lines of 1024 bytes, bodies of `bodyBytesMax` whose length is given.
 *
 * Disposing writes the answers under way, ends all connections and removes the socket.
 * Throws `SocketPathError` (`socket_path_too_long`) and `SocketBindError` (`socket_bind_failed`).
 */
export async function serveFirecrackerApi(options: {
  readonly api: VmmApi
  readonly socketPath: string
  /** Default: 51,200. */
  readonly bodyBytesMax?: number
}): Promise<FirecrackerApiServer> {
  const { api, socketPath, bodyBytesMax } = options
  const { server, answersWritten, closeConnections } = createApiServer(api, bodyBytesMax)
  await bindSocket(server, socketPath, 0o600)
  return {
    socketPath,
    async [Symbol.asyncDispose]() {
      if (!server.listening) return
      const closed = once(server, 'close')
      server.close()
      // A machine can end before its start is acknowledged.
      await answersWritten()
      closeConnections()
      await closed
    },
  }
}
