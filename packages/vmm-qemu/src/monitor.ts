import type { Duplex } from 'node:stream'
import * as z from 'zod'
import { abortable } from './abortable.ts'
import { MonitorError } from './errors.ts'

const LINE_CHARACTERS_MAX = 64 * 1024

const Message = z.union([
  z.object({ QMP: z.object({}) }),
  z.object({ id: z.int(), return: z.unknown() }),
  z.object({ id: z.int().optional(), error: z.object({ desc: z.string() }) }),
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
  readonly #greeting = Promise.withResolvers<void>()
  readonly #pending = new Map<number, PromiseWithResolvers<unknown>>()
  #received = ''
  #lastId = 0

  constructor(stream: Duplex, onEvent: (event: MonitorEvent) => void) {
    this.#stream = stream
    this.#onEvent = onEvent
    // Whoever waits for the greeting has it from `connect`.
    this.#greeting.promise.catch(() => undefined)
    stream.setEncoding('utf8')
    stream.on('data', (text: string) => this.#receive(text))
    stream.on('end', () => stream.destroy())
    stream.on('error', () => stream.destroy())
    stream.on('close', () => this.#fail(new MonitorError('was closed', { cause: stream.errored })))
  }

  /** Resolves when QEMU executes commands, which it does once the machine runs. */
  async connect(signal: AbortSignal): Promise<void> {
    await abortable(this.#greeting.promise, signal)
    await this.execute('qmp_capabilities', signal)
  }

  /** Throws `MonitorError` (`monitor`) and the reason of `signal`. */
  async execute(command: string, signal: AbortSignal): Promise<void> {
    if (this.#stream.destroyed) throw new MonitorError('is closed')
    const id = ++this.#lastId
    const answer = Promise.withResolvers<unknown>()
    this.#pending.set(id, answer)
    this.#stream.write(`${JSON.stringify({ execute: command, id })}\n`)
    try {
      await abortable(answer.promise, signal)
    } finally {
      this.#pending.delete(id)
    }
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

  #dispatch(message: Message): void {
    if ('QMP' in message) this.#greeting.resolve()
    else if ('event' in message) {
      this.#onEvent({ name: message.event, data: message.data ?? {} })
    } else if ('error' in message) {
      this.#pending.get(message.id ?? 0)?.reject(new MonitorError(`refused: ${message.error.desc}`))
    } else this.#pending.get(message.id)?.resolve(message.return)
  }

  #fail(error: MonitorError): void {
    this.#greeting.reject(error)
    for (const answer of this.#pending.values()) answer.reject(error)
  }
}
