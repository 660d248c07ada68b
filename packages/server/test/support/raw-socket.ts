import { connect, type Socket } from 'node:net'

/** A connection of which a test sends every byte itself. */
export class RawSocket implements Disposable {
  readonly socket: Socket
  /** All that came, when the other side has closed. */
  readonly closed: Promise<string>
  #received = ''
  #news = Promise.withResolvers<void>()

  constructor(port: number) {
    this.socket = connect(port, '127.0.0.1')
    this.socket.on('data', (bytes) => {
      this.#received += bytes.toString('latin1')
      this.#tell()
    })
    // A reset is an end like others.
    this.socket.on('error', () => undefined)
    this.closed = new Promise((resolve) => {
      this.socket.on('close', () => {
        resolve(this.#received)
        this.#tell()
      })
    })
  }

  send(bytes: string | Uint8Array): void {
    this.socket.write(bytes)
  }

  /** Resolves with all that came so far, when this is part of it. */
  async received(part: string): Promise<string> {
    while (!this.#received.includes(part)) {
      if (this.socket.closed) throw new Error(`closed without ${part}: ${this.#received}`)
      await this.#news.promise
    }
    return this.#received
  }

  [Symbol.dispose](): void {
    this.socket.destroy()
  }

  #tell(): void {
    this.#news.resolve()
    this.#news = Promise.withResolvers()
  }
}

/** Sends bytes, and resolves with all that came until the other side closed. */
export async function exchange(port: number, bytes: string | Uint8Array): Promise<string> {
  using raw = new RawSocket(port)
  raw.send(bytes)
  return await raw.closed
}
