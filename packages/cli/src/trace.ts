import type { Step } from '@vulcan/host'

/** One step of a run, as `--trace` tells it: in milliseconds since the command began. */
export interface TracedStep {
  /** A name of the backend's, or one of what comes before it: `host` and `queue`. */
  readonly name: Step['name'] | 'host' | 'queue'
  readonly beganAtMs: number
  readonly endedAtMs: number
}

/** Keeps the steps of the one workload of a host. */
export class Trace {
  readonly #steps: Step[] = []
  #submittedAtMs: number | undefined

  /** To be called when the host is open and gets the workload. */
  submitted(): void {
    this.#submittedAtMs = performance.now()
  }

  add(step: Step): void {
    this.#steps.push(step)
  }

  /** By their beginnings. Complete when the host is closed. */
  steps(): TracedStep[] {
    const ofVm = this.#steps.toSorted(
      (one, other) => one.beganAtMs - other.beganAtMs || one.endedAtMs - other.endedAtMs,
    )
    const submittedAtMs = this.#submittedAtMs ?? performance.now()
    // The clock of this process began with it.
    const host: TracedStep = { name: 'host', beganAtMs: 0, endedAtMs: submittedAtMs }
    const [first] = ofVm
    if (first === undefined) return [host]
    return [host, { name: 'queue', beganAtMs: submittedAtMs, endedAtMs: first.beganAtMs }, ...ofVm]
  }
}

/** The steps as `run --json` has them. */
export function traceDocument(steps: readonly TracedStep[]): object[] {
  return steps.map(({ name, beganAtMs, endedAtMs }) => ({
    step: name,
    begin_ms: tenths(beganAtMs),
    duration_ms: tenths(endedAtMs - beganAtMs),
  }))
}

/** With what comes before it, a line has at most 100 columns. */
const BAR_COLUMNS = 60

/** The steps as a person reads them: a header, and a line with a bar for each. */
export function waterfall(steps: readonly TracedStep[]): string[] {
  const totalMs = Math.max(...steps.map(({ endedAtMs }) => endedAtMs))
  const column = (atMs: number) => Math.round((atMs / totalMs) * BAR_COLUMNS)
  const lines = steps.map(({ name, beganAtMs, endedAtMs }) => {
    const from = Math.min(column(beganAtMs), BAR_COLUMNS - 1)
    const bar = ' '.repeat(from) + '#'.repeat(Math.max(column(endedAtMs) - from, 1))
    const ms = [beganAtMs, endedAtMs - beganAtMs].map((value) => tenths(value).toFixed(1))
    return line(name.replace('_', ' '), ms, bar)
  })
  return [line('step', ['begin', 'duration'], ''), ...lines]
}

function line(name: string, numbers: readonly string[], bar: string): string {
  const cells = [name.padEnd(11), ...numbers.map((number) => number.padStart(9)), ` ${bar}`]
  return cells.join(' ').trimEnd()
}

function tenths(ms: number): number {
  return Math.round(ms * 10) / 10
}
