import type { Duplex } from 'node:stream'
import { orAborted } from '@vulcan/firecracker'
import * as z from 'zod'
import { MonitorError } from './errors.ts'

const LINE_CHARACTERS_MAX = 64 * 1024

const Message = z.union([
  z.object({ QMP: z.object({}) }),
  z.object({ return: z.object({}) }),
  z.object({ error: z.object({ desc: z.string() }) }),
  z.object({ event: z.string(), data: z.record(z.string(), z.unknown()).optional() }),
])
type Message = z.infer<typeof Message>

/** An event of QEMU, such as `SHUTDOWN`. */
export interface MonitorEvent {
  readonly name: string
  readonly data: Readonly<Record<string, unknown>>
}

/**
 * QEMU's monitor: JSON lines in both directions (QMP). A QEMU that does not keep to it, be it that
 * a guest has taken it over, is disconnected.
 */
export class Monitor {
  readonly #stream: Duplex
  readonly #onEvent: (event: MonitorEvent) => void
  readonly #connected = Promise.withResolvers<void>()
  #received = ''
  #greeted = false

  constructor(stream: Duplex, onEvent: (event: MonitorEvent) => void) {
    this.#stream = stream
    this.#onEvent = onEvent
    // Whoever waits for the connection has it from `connected`.
    this.#connected.promise.catch(() => undefined)
    stream.setEncoding('utf8')
    stream.on('data', (text: string) => this.#receive(text))
    stream.on('end', () => stream.destroy())
    stream.on('error', () => stream.destroy())
    stream.on('close', () => {
      this.#connected.reject(new MonitorError('was closed', { cause: stream.errored }))
    })
  }

  /**
   * Resolves when QEMU has executed the one command that it must have first, which it does when the
   * machine runs. Throws `MonitorError` (`monitor`) and the reason of `signal`.
   */
  connected(signal: AbortSignal): Promise<void> {
    return orAborted(this.#connected.promise, signal)
  }

  /** Has QEMU execute a command. Its answer is not awaited. */
  execute(command: string, args?: Readonly<Record<string, string>>): void {
    this.#stream.write(`${JSON.stringify({ execute: command, arguments: args })}\n`)
  }

  #receive(text: string): void {
    const lines = (this.#received + text).split('\n')
    this.#received = lines.pop() ?? ''
    try {
      for (const line of lines) this.#dispatch(Message.parse(JSON.parse(line)))
      if (this.#received.length > LINE_CHARACTERS_MAX) throw new Error('the line is too long')
    } catch (cause) {
      this.#stream.destroy(new MonitorError('sent what is no message', { cause }))
    }
  }

  /** Each greeting is answered, so a QEMU that repeated it could fill our memory with answers. */
  #greet(): void {
    if (this.#greeted) throw new Error('it greeted twice')
    this.#greeted = true
    this.execute('qmp_capabilities')
  }

  #dispatch(message: Message): void {
    if ('QMP' in message) this.#greet()
    else if ('return' in message) this.#connected.resolve()
    else if ('error' in message) {
      this.#connected.reject(new MonitorError(`refused: ${message.error.desc}`))
    } else this.#onEvent({ name: message.event, data: message.data ?? {} })
  }
}
