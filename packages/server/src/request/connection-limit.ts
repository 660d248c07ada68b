import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import { HttpProblem } from '../http-problem.ts'

/** So many more are told that there are too many; all others are closed at once. */
const EXCESS_MAX = 64
/** How long one that is too many may take to send the request that is refused. */
const EXCESS_MS = 5_000
const RETRY_AFTER_S = 5

/** Counts a server's connections, and knows those that are too many. */
export class ConnectionLimit {
  readonly #max: number
  readonly #excess = new WeakSet<Socket>()
  #admitted = 0

  constructor(server: Server, max: number) {
    this.#max = max
    server.maxConnections = max + EXCESS_MAX
    server.on('connection', (socket) => this.#take(socket))
  }

  /** Throws `HttpProblem` `no_capacity` where the connection of a request is one too many. */
  refuseExcess(socket: Socket): void {
    if (!this.#excess.has(socket)) return
    throw new HttpProblem(
      'no_capacity',
      `this host holds ${this.#max} connections, and that is all; try again later`,
      { retryAfterS: RETRY_AFTER_S, headers: { connection: 'close' } },
    )
  }

  #take(socket: Socket): void {
    if (this.#admitted >= this.#max) {
      this.#excess.add(socket)
      const timer = setTimeout(() => socket.destroy(), EXCESS_MS)
      socket.once('close', () => clearTimeout(timer))
      return
    }
    this.#admitted += 1
    socket.once('close', () => {
      this.#admitted -= 1
    })
  }
}
