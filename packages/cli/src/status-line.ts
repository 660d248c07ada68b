import type { Writable } from 'node:stream'

const ERASE_LINE = '\r\u001b[2K'
const REDRAW_EVERY_MS = 1_000

/** One line at the bottom of a terminal that says what goes on and for how long; it leaves no trace. */
export class StatusLine implements Disposable {
  readonly #stream: Writable
  #text = ''
  #sinceMs = 0
  #timer: NodeJS.Timeout | undefined
  #isOver = false

  constructor(stream: Writable) {
    this.#stream = stream
  }

  show(text: string): void {
    if (this.#isOver) return
    this.#text = text
    this.#sinceMs = performance.now()
    this.#timer ??= setInterval(() => this.#draw(), REDRAW_EVERY_MS).unref()
    this.#draw()
  }

  /** Before anything else is written; what is shown later comes below it. */
  erase(): void {
    if (this.#timer === undefined) return
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#stream.write(ERASE_LINE)
  }

  /** Erases it for good. */
  [Symbol.dispose](): void {
    this.erase()
    this.#isOver = true
  }

  #draw(): void {
    const seconds = Math.floor((performance.now() - this.#sinceMs) / 1000)
    this.#stream.write(`${ERASE_LINE}${this.#text}${seconds === 0 ? '' : `, ${seconds} s`}`)
  }
}
