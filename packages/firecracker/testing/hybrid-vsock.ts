import { connect, createServer, type Server, type Socket } from 'node:net'
import type { Manner } from './script.ts'

/** Firecracker reads a request of at most this length, newline included. */
const CONNECT_BYTES_MAX = 32
const NONSENSE = 'HTTP/1.1 400 Bad Request\r\n\r\n'
const FIRST_HOST_PORT = 1_073_741_824

export interface HybridVsockOptions {
  readonly acknowledge: () => Manner
  /** Undefined where nobody listens on `port` of the guest. */
  readonly serve: (port: number) => ((connection: Socket) => Promise<void>) | undefined
}

/** The host's side of a fake VM's vsock, with everything that is connected to it. */
export class HybridVsock {
  readonly server: Server
  readonly #options: HybridVsockOptions
  readonly #sockets = new Set<Socket>()
  #nextHostPort = FIRST_HOST_PORT

  constructor(options: HybridVsockOptions) {
    this.#options = options
    this.server = createServer({ allowHalfOpen: true }, (socket) => {
      this.#hold(socket)
      // With CONNECT unread, the end of the connection is a reset.
      if (options.acknowledge() === 'reset') socket.destroy()
      else readConnect(socket, (port) => this.#answer(socket, port))
    })
  }

  /** A connection from the guest to the listener that the host has bound for this port. */
  async dialHost(path: string): Promise<Socket> {
    const socket = this.#hold(connect({ path, allowHalfOpen: true }))
    const { promise, resolve, reject } = Promise.withResolvers<Socket>()
    socket.on('connect', () => resolve(socket)).on('error', reject)
    return promise
  }

  /** Ends every connection. */
  reset(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  /** As the end of the VMM: the sockets stay behind, dead. */
  close(): void {
    this.server.close()
    this.reset()
  }

  #hold(socket: Socket): Socket {
    this.#sockets.add(socket)
    socket.on('close', () => this.#sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    // There is no half-close: when the host ends its side, the reply is lost.
    socket.on('end', () => socket.destroy())
    return socket
  }

  async #answer(socket: Socket, port: number): Promise<void> {
    const serve = this.#options.serve(port)
    if (serve === undefined) {
      socket.destroy()
      return
    }
    this.#nextHostPort += 1
    const spoke = await speak(socket, this.#options.acknowledge(), `OK ${this.#nextHostPort}\n`)
    if (!spoke) return
    try {
      await serve(socket)
    } finally {
      socket.destroySoon()
    }
  }
}

/** Sends `message` in this manner; false where it was not sent. */
export async function speak(
  socket: Socket,
  manner: Manner,
  message: string | Uint8Array,
): Promise<boolean> {
  if (manner === 'silent') return false
  if (manner === 'reset') {
    socket.destroy()
    return false
  }
  if (typeof manner === 'object') await manner.after
  socket.write(manner === 'nonsense' ? NONSENSE : message)
  return manner !== 'nonsense'
}

/** Reads `CONNECT <port>\n`; anything else ends the connection, as in Firecracker. */
function readConnect(socket: Socket, onConnect: (port: number) => Promise<void>): void {
  let received = Buffer.alloc(0)
  const onData = (chunk: Buffer) => {
    received = Buffer.concat([received, chunk])
    const end = received.indexOf('\n') + 1
    if (end === 0 && received.length < CONNECT_BYTES_MAX) return
    const match = /^connect\s+(\d+)\s*$/i.exec(received.toString('latin1', 0, end))
    socket.pause().off('data', onData)
    if (match === null || end > CONNECT_BYTES_MAX) {
      socket.destroy()
      return
    }
    if (received.length > end) socket.unshift(received.subarray(end))
    onConnect(Number(match[1])).catch((error: Error) => socket.destroy(error))
  }
  socket.on('data', onData)
}
