import { once } from 'node:events'
import type { Writable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { hasErrno, type Phase } from '@vulcan/schema'
import type { StatusLine } from './status-line.ts'

/** How many of the console's last lines are shown when a guest does not boot: a panic and its stack. */
const CONSOLE_LINES = 30

/**
 * Writes bytes and waits until the stream takes more: a slow reader slows the program down. A reader
 * that went away takes nothing more, and nobody is told: see `Interruption`.
 */
export async function writeThrough(stream: Writable, bytes: Uint8Array): Promise<void> {
  if (stream.destroyed || stream.write(bytes)) return
  await Promise.race([once(stream, 'drain'), once(stream, 'close')])
}

/**
 * A reader that went away, as `head` does, is no failure of a command that only writes. All other
 * errors of our output are thrown, unless `Interruption` ends the command for them.
 */
export function bearClosedOutput(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error) => {
      if (!hasErrno(error, 'EPIPE') && stream.listenerCount('error') === 1) throw error
    })
  }
}

/** Waits until all that was written has left this process; false when the deadline came first. */
export async function flushed(stream: Writable, deadlineMs: number): Promise<boolean> {
  if (stream.destroyed || stream.writableLength === 0) return true
  const { promise: empty, resolve } = Promise.withResolvers<true>()
  stream.write('', () => resolve(true))
  return Promise.race([empty, delay(deadlineMs, false, { ref: false })])
}

/** Vulcan's own words, apart from the program's: one line each, on standard error. */
export class Narrator {
  readonly #stream: Writable
  readonly #talkative: boolean
  readonly #status: StatusLine | undefined

  /** With a status line phases are shown there, and otherwise told like everything else. */
  constructor(stream: Writable, talkative: boolean, status?: StatusLine) {
    this.#stream = stream
    this.#talkative = talkative
    this.#status = status
  }

  /** How far a workload is. `atMs` counts from its start. */
  phase(phase: Phase, atMs: number): void {
    if (this.#status === undefined) this.remark(`${phase} at ${atMs} ms`)
    else this.#status.show(`vulcan: ${phase}`)
  }

  /** The program's own words begin: nothing of ours may stand among them. */
  giveWay(): void {
    this.#status?.[Symbol.dispose]()
  }

  /** For a person who watches: dropped otherwise. */
  remark(message: string): void {
    if (this.#talkative) this.complain(message)
  }

  /** What must be known: always said. */
  complain(message: string): void {
    this.#status?.erase()
    this.#stream.write(`vulcan: ${printable(message)}\n`)
  }

  /** The end of a guest's console, made harmless for a terminal. */
  quoteConsole(tail: string): void {
    const lines = tail.split(/\r?\n/).filter((line) => line.trim() !== '')
    if (lines.length === 0) return
    this.complain("the end of the guest's console:")
    this.quote(lines.slice(-CONSOLE_LINES))
  }

  /** What another program has said. */
  quote(lines: readonly string[]): void {
    for (const line of lines) this.#stream.write(`  | ${printable(line)}\n`)
  }
}

/** One line, harmless for a terminal: control characters could command it, line feeds pose as us. */
export function printable(text: string): string {
  return text.replace(/\s*\n\s*/g, ' ').replace(/[^\P{Cc}\t]/gu, '\ufffd')
}
