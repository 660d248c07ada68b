import type { Fault } from './fault.ts'
import type { Remains } from './remains.ts'
import type { RoundReport } from './round.ts'

/** What came of the rounds so far, for people. */
export class Tally {
  readonly #rows = new Map<string, Map<string, number>>()
  readonly #steps = new Map<string, number>()
  readonly #remains = new Map<string, number>()
  deviations = 0

  add({ kind, trigger }: Fault, { rows, triggered, deviations }: RoundReport): void {
    const counts = this.#rows.get(kind) ?? new Map<string, number>()
    this.#rows.set(kind, counts)
    for (const row of rows) increase(counts, row, 1)
    if (triggered && trigger?.deed === 'kill') increase(this.#steps, trigger.step, 1)
    this.deviations += deviations.length
  }

  count(remains: Remains): void {
    for (const [what, things] of remains) increase(this.#remains, what, things.length)
  }

  get left(): number {
    return [...this.#remains.values()].reduce((sum, count) => sum + count, 0)
  }

  /** Faults and outcomes with their counts, the steps that owners were killed at, what is left. */
  format(steps: readonly string[]): string {
    const rows = [...this.#rows]
      .sort()
      .flatMap(([kind, counts]) =>
        [...counts].sort().map(([row, count]) => `  ${kind.padEnd(24)} ${row.padEnd(30)} ${count}`),
      )
    const hits = steps.map((step) => `  ${step.padEnd(40)} ${this.#steps.get(step) ?? 0}`)
    const left = [...this.#remains].map(([what, count]) => `${count} ${what}`).join(', ')
    return [
      ...['faults and outcomes', ...rows, 'killed at', ...hits],
      `left: ${left}`,
      `${this.deviations} deviations`,
      '',
    ].join('\n')
  }
}

function increase(counts: Map<string, number>, name: string, by: number): void {
  counts.set(name, (counts.get(name) ?? 0) + by)
}
