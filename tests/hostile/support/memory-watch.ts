import { readFileSync } from 'node:fs'

const SAMPLE_EVERY_MS = 100

/**
 * Watches how much memory a process and its descendants take. Guests' own memory does not count: it
 * is shared between the programs of a VM, and QEMU, which holds it, is left out.
 */
export class MemoryWatch implements Disposable {
  readonly #pid: number
  readonly #timer: NodeJS.Timeout
  #peakKib = 0

  constructor(pid: number) {
    this.#pid = pid
    this.#timer = setInterval(() => this.#sample(), SAMPLE_EVERY_MS)
  }

  /** The most that any one of the processes had for itself. */
  get peakMib(): number {
    return Math.round(this.#peakKib / 1024)
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }

  #sample(): void {
    for (const pid of family(this.#pid)) {
      const status = read(`/proc/${pid}/status`)
      if (/^Name:\tqemu/.test(status)) continue
      const [, kib = 0] = /^RssAnon:\s+(\d+) kB$/m.exec(status) ?? []
      this.#peakKib = Math.max(this.#peakKib, Number(kib))
    }
  }
}

function family(pid: number): number[] {
  const children = read(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean).map(Number)
  return [pid, ...children.flatMap(family)]
}

/** Nothing of a process that has ended meanwhile. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
