import type { Burst, Result, Sample, Series } from '../result.ts'
import { medianSample } from './select.ts'

/** A result without what no table and no picture is made from, small enough to be committed. */
export function trimmed(result: Result): Result {
  return {
    ...result,
    series: result.series.map(trimSeries),
    bursts: result.bursts.map(
      (burst): Burst => ({
        ...burst,
        lastMs: rounded(burst.lastMs),
        samples: burst.samples.map((sample) => trimSample(sample, false)),
      }),
    ),
  }
}

/** The phases of one run are shown: the one in the middle. */
function trimSeries(series: Series): Series {
  const shown = medianSample(series, ({ phases }) => phases !== undefined && phases.length > 0)
  return {
    ...series,
    samples: series.samples.map((sample) => trimSample(sample, sample === shown)),
  }
}

function trimSample({ ms, error, phases, facts }: Sample, isShown: boolean): Sample {
  return {
    ms: rounded(ms),
    ...(error === undefined ? {} : { error }),
    ...(isShown && phases !== undefined ? { phases } : {}),
    ...(facts === undefined
      ? {}
      : {
          facts: Object.fromEntries(
            Object.entries(facts).map(([name, value]) => [name, rounded(value) ?? value]),
          ),
        }),
  }
}

/** To the hundredth: below that is noise. */
function rounded(ms: number | null): number | null {
  return ms === null ? null : Math.round(ms * 100) / 100
}
