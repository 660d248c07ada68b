import { Agent, type ClientRequestArgs } from 'node:http'
import type { Duplex } from 'node:stream'

type Connected = (error: Error | null, stream: Duplex) => void

/**
 * Keeps one connection to one VMM. Node's own agent still connects for requests that wait when it
 * is destroyed, and the path may by then be that of another VMM's socket.
 */
export class ApiAgent extends Agent {
  #closed = false

  constructor() {
    super({ keepAlive: true, maxSockets: 1 })
  }

  override createConnection(
    options: ClientRequestArgs,
    connected: Connected,
  ): Duplex | null | undefined {
    return this.#closed ? undefined : super.createConnection(options, connected)
  }

  override destroy(): void {
    this.#closed = true
    super.destroy()
  }
}
