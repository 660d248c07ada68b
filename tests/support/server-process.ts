import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/** A server that has not logged by then what a test waits for never will. */
const LOG_DEADLINE_MS = 300_000

interface Awaited {
  readonly text: string
  readonly line: PromiseWithResolvers<string>
}

/** One process of `vulcan serve`, and what it logs. */
export class ServerProcess {
  readonly #child: ChildProcess
  readonly #lines: string[] = []
  readonly #awaited = new Set<Awaited>()
  readonly #exit: Promise<unknown[]>
  #hasClosed = false

  constructor(child: ChildProcess) {
    const { stderr } = child
    assert.ok(stderr)
    this.#child = child
    this.#exit = once(child, 'close')
    child.stdout?.resume()
    const lines = createInterface({ input: stderr })
    lines.on('line', (line) => this.#take(line))
    lines.on('close', () => this.#close())
  }

  /** All that it has logged, a JSON document a line. */
  get log(): string {
    return this.#lines.join('\n')
  }

  /** Resolves with the first line that has this text in it, as soon as there is one. */
  async logged(text: string): Promise<string> {
    const known = this.#lines.find((line) => line.includes(text))
    if (known !== undefined) return known
    if (this.#hasClosed) throw this.#without(text)
    const awaited: Awaited = { text, line: Promise.withResolvers() }
    const late = setTimeout(() => awaited.line.reject(this.#without(text)), LOG_DEADLINE_MS)
    this.#awaited.add(awaited)
    try {
      return await awaited.line.promise
    } finally {
      clearTimeout(late)
      this.#awaited.delete(awaited)
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** What it exits with, when all of its log is here; null after a signal. */
  async exited(): Promise<unknown> {
    const [exitCode] = await this.#exit
    return exitCode
  }

  /** Ends it, if it has not ended, without giving it any time. */
  async kill(): Promise<void> {
    this.signal('SIGKILL')
    await this.#exit
  }

  #take(line: string): void {
    this.#lines.push(line)
    for (const awaited of this.#awaited) {
      if (line.includes(awaited.text)) awaited.line.resolve(line)
    }
  }

  #close(): void {
    this.#hasClosed = true
    for (const { text, line } of this.#awaited) line.reject(this.#without(text))
  }

  #without(text: string): Error {
    return new Error(`the server does not log "${text}":\n${this.log}`)
  }
}
