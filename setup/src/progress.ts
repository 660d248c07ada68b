const TICK_MS = 250

/** Standard output, or what stands in for it. */
export interface Output {
  readonly isTTY: boolean
  readonly columns: number
  write(text: string): unknown
}

/**
 * Shows a step while it runs: on a terminal one line with the elapsed time ticking, elsewhere a
 * line when it begins and one when it ends. `finish` ends it well; leaving the scope without it
 * marks the step as failed.
 */
export class Progress implements Disposable {
  readonly #name: string
  readonly #output: Output
  readonly #startedMs = performance.now()
  readonly #ticking: NodeJS.Timeout | undefined
  #detail = ''
  #outcome = ''
  #ended = false

  constructor(name: string, output: Output) {
    this.#name = name
    this.#output = output
    if (output.isTTY) this.#ticking = setInterval(() => this.#draw(), TICK_MS)
    else output.write(`  · ${name} …\n`)
  }

  /** Says what the step is doing now. Shown on a terminal only. */
  report(detail: string): void {
    this.#detail = detail
    if (this.#output.isTTY) this.#draw()
  }

  /** Says what came of the step; shown when it has ended. */
  conclude(outcome: string): void {
    this.#outcome = `: ${outcome}`
  }

  finish(): void {
    this.#end('✔')
  }

  [Symbol.dispose](): void {
    this.#end('✖')
  }

  #end(mark: string): void {
    if (this.#ended) return
    this.#ended = true
    clearInterval(this.#ticking)
    const clear = this.#output.isTTY ? '\r\x1b[K' : ''
    this.#output.write(`${clear}  ${mark} ${this.#name} (${this.#elapsed()})${this.#outcome}\n`)
  }

  #draw(): void {
    const line = `  · ${this.#name} ${this.#elapsed()}  ${this.#detail}`
    this.#output.write(`\r\x1b[K${line.slice(0, this.#output.columns - 1)}`)
  }

  #elapsed(): string {
    return `${((performance.now() - this.#startedMs) / 1000).toFixed(1)} s`
  }
}
