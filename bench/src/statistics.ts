/** What a benchmark says of one arm. */
export interface Summary {
  readonly runs: number
  readonly p50: number
  readonly p95: number
  readonly max: number
}

/** Nearest-rank percentiles of at least one value. */
export function summarize(values: readonly number[]): Summary {
  const sorted = values.toSorted((a, b) => a - b)
  const rank = (share: number) =>
    sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN
  return { runs: sorted.length, p50: rank(0.5), p95: rank(0.95), max: rank(1) }
}

/**
 * How arm `a` compares with arm `b`, run in pairs. On a machine whose speed changes, each pair had
 * the same machine, while the medians of the arms may come from a fast and from a slow one.
 */
export function ratios(a: readonly number[], b: readonly number[]): string {
  const pairs = a.flatMap((value, at) => {
    const other = b[at]
    return other === undefined ? [] : [value / other]
  })
  const ofMedians = summarize(a).p50 / summarize(b).p50
  const ofPairs = summarize(pairs).p50
  return `ratio of the medians: ${ofMedians.toFixed(3)}; median of the pairs' ratios: ${ofPairs.toFixed(3)}`
}

/** One row of figures, aligned with the others of its table. */
export function row(name: string, { runs, p50, p95, max }: Summary, unit: string): string {
  const figure = (value: number) => `${value.toFixed(1)} ${unit}`.padStart(14)
  return `${name.padEnd(36)}${String(runs).padStart(5)}${figure(p50)}${figure(p95)}${figure(max)}`
}

export const HEADER = `${''.padEnd(36)}${'runs'.padStart(5)}${'p50'.padStart(14)}${'p95'.padStart(14)}${'max'.padStart(14)}`
