/** A time as people read it. */
export function duration(ms: number): string {
  if (!Number.isFinite(ms)) return '–'
  if (ms >= 10_000) return `${(ms / 1000).toFixed(1)} s`
  if (ms >= 1000) return `${(ms / 1000).toFixed(2)} s`
  if (ms >= 100) return `${ms.toFixed(0)} ms`
  return `${ms.toFixed(ms >= 10 ? 1 : 2)} ms`
}

/** How many times as much. */
export function times(ratio: number): string {
  if (!Number.isFinite(ratio)) return '–'
  if (ratio >= 100) return ratio.toFixed(0)
  return ratio.toFixed(ratio >= 10 ? 1 : 3)
}

/** A share of a core, or of runs. */
export function percent(share: number): string {
  return Number.isFinite(share) ? `${(share * 100).toFixed(share < 0.1 ? 2 : 0)} %` : '–'
}

export function mib(value: number): string {
  return Number.isFinite(value) ? `${value.toFixed(1)} MiB` : '–'
}
