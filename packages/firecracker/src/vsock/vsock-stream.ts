import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'

/**
 * A connection between host and guest.
 *
 * Firecracker ends a connection 2 s after the host half-closed it and loses the reply, so `end()`
 * only marks that nothing more is written: the guest learns of it when the stream is destroyed.
 * The guest's end is the end of the readable side; the host may still write.
 */
export class VsockStream extends Duplex {
  readonly #socket: Socket

  /** Takes over `socket` (paused, opened with `allowHalfOpen`); `first` was already read from it. */
  constructor(socket: Socket, first: Uint8Array) {
    super({ allowHalfOpen: true })
    this.#socket = socket
    if (first.length > 0) this.push(first)
    socket.on('data', (chunk) => {
      if (!this.push(chunk)) socket.pause()
    })
    socket.on('end', () => this.push(null))
    socket.on('error', (error) => this.destroy(error))
    socket.pause()
    if (socket.destroyed) this.destroy(socket.errored ?? undefined)
  }

  override _read(): void {
    this.#socket.resume()
  }

  override _write(
    chunk: Buffer,
    _encoding: BufferEncoding,
    done: (error?: Error | null) => void,
  ): void {
    this.#socket.write(chunk, done)
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#socket.destroy()
    done(error)
  }
}
