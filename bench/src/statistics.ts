/** What a benchmark says of one arm. */
export interface Summary {
  readonly runs: number
  readonly p50: number
  readonly p95: number
  readonly p99: number
  readonly max: number
}

/** How arm `a` compares with arm `b`. */
export interface Ratio {
  readonly ofMedians: number
  /**
   * The median of the ratios of the pairs. On a machine whose speed changes, each pair had the same
   * machine, while the medians of the arms may come from a fast and from a slow one.
   */
  readonly ofPairs: number
  readonly pairs: number
}

/** Nearest-rank percentiles; NaN of no value. */
export function summarize(values: readonly number[]): Summary {
  const sorted = values.toSorted((a, b) => a - b)
  const rank = (share: number) =>
    sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN
  return { runs: sorted.length, p50: rank(0.5), p95: rank(0.95), p99: rank(0.99), max: rank(1) }
}

/** Compares arms that ran in pairs; a run that failed is null, and leaves its pair out. */
export function ratio(a: readonly (number | null)[], b: readonly (number | null)[]): Ratio {
  const pairs = a.flatMap((value, at) => {
    const other = b[at] ?? null
    return value === null || other === null ? [] : [value / other]
  })
  return {
    ofMedians: summarize(present(a)).p50 / summarize(present(b)).p50,
    ofPairs: summarize(pairs).p50,
    pairs: pairs.length,
  }
}

/** Without the runs that failed. */
export function present(values: readonly (number | null)[]): number[] {
  return values.filter((value) => value !== null)
}

/** The same as a sentence. */
export function ratios(a: readonly number[], b: readonly number[]): string {
  const { ofMedians, ofPairs } = ratio(a, b)
  return `ratio of the medians: ${ofMedians.toFixed(3)}; median of the pairs' ratios: ${ofPairs.toFixed(3)}`
}

const NAME_WIDTH = 48

/** One row of figures, aligned with the others of its table. */
export function row(name: string, { runs, p50, p95, p99, max }: Summary, unit: string): string {
  const figures = [p50, p95, p99, max].map((value) => `${value.toFixed(1)} ${unit}`.padStart(14))
  return `${name.padEnd(NAME_WIDTH)}${String(runs).padStart(5)}${figures.join('')}`
}

export const HEADER =
  `${''.padEnd(NAME_WIDTH)}${'runs'.padStart(5)}` +
  ['p50', 'p95', 'p99', 'max'].map((name) => name.padStart(14)).join('')
