import type { Runtime } from '@vulcan/schema'
import type { ArmName } from '../arms.ts'
import type { Burst, Result, Sample, Series } from '../result.ts'

export function seriesOf(result: Result, arm: ArmName, runtime: Runtime): Series | undefined {
  return result.series.find((series) => series.arm === arm && series.runtime === runtime)
}

/** The times of a series' runs, null where one failed; none where there is no such series. */
export function timesOf(series: Series | undefined): (number | null)[] {
  return (series?.samples ?? []).map(({ ms }) => ms)
}

export function burstsOf(
  result: Result,
  arm: ArmName,
  runtime: Runtime,
  atOnce: number,
): readonly Burst[] {
  return result.bursts.filter(
    (burst) => burst.arm === arm && burst.runtime === runtime && burst.atOnce === atOnce,
  )
}

/** The run in the middle of those that succeeded and have what is asked for. */
export function medianSample(
  series: Series | undefined,
  has: (sample: Sample) => boolean = () => true,
): Sample | undefined {
  const runs = (series?.samples ?? []).filter((sample) => sample.ms !== null && has(sample))
  const sorted = runs.toSorted((a, b) => (a.ms ?? 0) - (b.ms ?? 0))
  return sorted[Math.floor((sorted.length - 1) / 2)]
}
