import type { AddressInfo } from 'node:net'
import type { App, Context } from './context.ts'
import { ReaderLimit } from './request/reader-limit.ts'
import { DEFAULT_HTTP_LIMITS, type ServerOptions } from './server-options.ts'

/** The HTTP API of one host, while it listens. */
export class Server implements AsyncDisposable {
  readonly #app: App
  readonly #closing: AbortController
  readonly #closeMs: number

  private constructor(app: App, closing: AbortController, closeMs: number) {
    this.#app = app
    this.#closing = closing
    this.#closeMs = closeMs
  }

  /** Throws the system's error when the address cannot be listened on. */
  static async listen({ listen, limits, ...options }: ServerOptions): Promise<Server> {
    const closing = new AbortController()
    const bounds = { ...DEFAULT_HTTP_LIMITS, ...limits }
    const readers = new ReaderLimit(bounds.logReadersPerKey)
    const context: Context = { ...options, limits: bounds, readers, closing: closing.signal }
    // Whoever only wants keys from this package need not load all of HTTP.
    const { buildApp } = await import('./app.ts')
    const app = await buildApp(context)
    await app.listen({ host: listen.host, port: listen.port })
    return new Server(app, closing, bounds.closeMs)
  }

  /** Where it listens: `http://127.0.0.1:8080`. */
  get url(): string {
    const { address, family, port } = this.#app.server.address() as AddressInfo
    return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`
  }

  /**
   * Takes no new requests, ends what follows logs, answers whoever waits with what there is, and
   * after a bounded time cuts what is left.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort()
    const cut = setTimeout(() => this.#app.server.closeAllConnections(), this.#closeMs)
    try {
      await this.#app.close()
    } finally {
      clearTimeout(cut)
    }
  }
}
