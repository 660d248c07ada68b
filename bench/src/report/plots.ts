import type { Runtime } from '@vulcan/schema'
import { ARMS } from '../arms.ts'
import { type Bar, plotBars } from '../plot/bars.ts'
import { plotDistributions } from '../plot/distribution.ts'
import { plotWaterfall } from '../plot/waterfall.ts'
import type { Result } from '../result.ts'
import { present } from '../statistics.ts'
import { duration } from './figures.ts'
import { goalsOf } from './goals.ts'
import { medianSample, seriesOf, timesOf } from './select.ts'
import { spansOf } from './spans.ts'

/** All pictures of a result, by the names of their files. */
export function plotsOf(result: Result): Readonly<Record<string, string>> {
  const { runtimes } = result.plan
  return {
    'ratios.svg': ratiosPlot(result),
    ...Object.fromEntries(
      runtimes.map((runtime) => [`latency-${runtime}.svg`, latencyPlot(result, runtime)]),
    ),
    ...Object.fromEntries(
      runtimes.flatMap((runtime) => {
        const plot = waterfallPlot(result, runtime)
        return plot === undefined ? [] : [[`waterfall-${runtime}.svg`, plot]]
      }),
    ),
  }
}

function ratiosPlot(result: Result): string {
  const bars = goalsOf(result).flatMap(({ measure, goal, figure, value, isMet }): Bar[] => {
    const mark = Number(/^[≤≥] ([\d.]+)$/.exec(goal)?.[1])
    if (value === null || isMet === null || !(mark > 0)) return []
    const label = `${figure}, goal ${goal}`
    return [{ name: measure, value, label, mark, isMet }]
  })
  return plotBars('Ratios, each with its goal as the line in the middle', bars)
}

function latencyPlot(result: Result, runtime: Runtime): string {
  const arms = result.series
    .filter((series) => series.runtime === runtime)
    .map((series) => ({ name: ARMS[series.arm], values: present(timesOf(series)) }))
  return plotDistributions(`How many runs took at most how long, ${runtime}`, arms)
}

function waterfallPlot(result: Result, runtime: Runtime): string | undefined {
  const sample = medianSample(
    seriesOf(result, 'cold', runtime),
    ({ phases }) => phases !== undefined && phases.length > 0,
  )
  if (sample === undefined) return undefined
  const title = `A cold run of ${runtime}, the one in the middle: ${duration(sample.ms ?? 0)}`
  return plotWaterfall(title, spansOf(sample))
}
