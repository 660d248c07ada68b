import { createServer, type Server, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { bindSocket } from '../bind-socket.ts'
import { DeadlinePassed, startDeadline } from '../deadline.ts'
import { orAborted } from '../or-aborted.ts'
import { VsockAcceptError } from './errors.ts'
import { VsockStream } from './vsock-stream.ts'

/**
 * Listens for one connection from the guest to a port of the host. Disposing before `accept` has
 * resolved ends it and removes the socket; the stream, once given, belongs to the caller.
 */
export interface GuestListener extends AsyncDisposable {
  readonly path: string
  /**
   * Resolves to the first connection, which may have come already; may be called once.
   * Throws `VsockAcceptError` (`vsock_accept_failed`) after the deadline, or the signal's reason.
   */
  accept(options: { readonly deadlineMs: number; readonly signal?: AbortSignal }): Promise<Duplex>
}

/**
 * Binds `<udsPath>_<port>`, where the VMM connects to when the guest dials `port` of the host. It
 * must exist before the guest dials.
 *
 * The first connection closes and removes the listener: nothing that runs in the guest later can
 * pose as its agent. The socket's mode is 0666, for a VMM with a uid of its own; its directory,
 * the caller's, has to be 0700.
 * Throws `SocketPathError` (`socket_path_too_long`) and `SocketBindError` (`socket_bind_failed`).
 */
export async function acceptFromGuest(options: {
  readonly udsPath: string
  readonly port: number
}): Promise<GuestListener> {
  const path = `${options.udsPath}_${options.port}`
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true })
  const connection = firstConnection(server)
  await bindSocket(server, path, 0o666)
  let given = false
  return {
    path,
    async accept({ deadlineMs, signal }) {
      using deadline = startDeadline(deadlineMs, signal)
      const socket = await orAborted(connection, deadline.signal).catch((error: unknown) => {
        throw error instanceof DeadlinePassed ? new VsockAcceptError(path, deadlineMs) : error
      })
      given = true
      return new VsockStream(socket, new Uint8Array())
    },
    async [Symbol.asyncDispose]() {
      server.close()
      if (!given) void connection.then((socket) => socket.destroy())
    },
  }
}

function firstConnection(server: Server): Promise<Socket> {
  const { promise, resolve } = Promise.withResolvers<Socket>()
  server.once('connection', (first: Socket) => {
    // Connections that are already waiting are refused with the listener's end.
    server.on('connection', (later: Socket) => later.destroy())
    server.close()
    // Until the stream listens, a reset only destroys the socket.
    first.on('error', () => first.destroy())
    resolve(first)
  })
  return promise
}
