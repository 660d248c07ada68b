import type { Runtime } from '@vulcan/schema'
import { ARMS, type ArmName } from '../arms.ts'
import type { Burst, Result, Series } from '../result.ts'
import { present, summarize } from '../statistics.ts'
import { duration, mib, percent } from './figures.ts'
import { goalsOf } from './goals.ts'
import type { Table } from './table.ts'

/** All tables of a result, in their order. */
export function tablesOf(result: Result): Table[] {
  return [
    goalTable(result),
    ...result.plan.runtimes.map((runtime) => latencyTable(result, runtime)),
    ...result.plan.atOnce.runtimes.map((runtime) => atOnceTable(result, runtime)),
    costTable(result),
  ]
}

export function goalTable(result: Result): Table {
  const verdict = (isMet: boolean | null) => (isMet === null ? '' : isMet ? 'met' : 'missed')
  return {
    title: 'Against the goals',
    header: ['measure', 'goal', 'figure', '', 'how'],
    rows: goalsOf(result).map(({ measure, goal, figure, isMet, note }) => [
      measure,
      goal,
      figure,
      verdict(isMet),
      note,
    ]),
  }
}

export function latencyTable(result: Result, runtime: Runtime): Table {
  const series = result.series.filter((one) => one.runtime === runtime)
  return {
    title: `One program after the other, ${runtime}`,
    header: ['arm', 'runs', 'succeeded', 'p50', 'p95', 'p99', 'max'],
    rows: series.map(latencyRow),
    notes: series.filter(hasNone).map(whyNot),
  }
}

function latencyRow({ arm, samples }: Series): string[] {
  const succeeded = present(samples.map(({ ms }) => ms))
  if (succeeded.length === 0) return [ARMS[arm], String(samples.length), 'not available']
  const { p50, p95, p99, max } = summarize(succeeded)
  const rate = percent(succeeded.length / samples.length)
  return [ARMS[arm], String(samples.length), rate, ...[p50, p95, p99, max].map(duration)]
}

function hasNone({ samples }: Series): boolean {
  return samples.every(({ ms }) => ms === null)
}

function whyNot({ arm, samples, unavailable }: Series): string {
  return `${ARMS[arm]}: not available, because ${unavailable ?? samples.at(-1)?.error}`
}

export function atOnceTable({ bursts, plan }: Result, runtime: Runtime): Table {
  const own = bursts.filter((burst) => burst.runtime === runtime)
  const arms = [...new Set(own.map(({ arm }) => arm))]
  return {
    title: `Programs at once, ${runtime}`,
    header: ['at once', 'arm', 'rounds', 'succeeded', 'p50', 'max', 'to the last', 'programs/s'],
    rows: plan.atOnce.levels.flatMap((atOnce) => arms.map((arm) => atOnceRow(own, atOnce, arm))),
  }
}

function atOnceRow(bursts: readonly Burst[], atOnce: number, arm: ArmName): string[] {
  const own = bursts.filter((burst) => burst.arm === arm && burst.atOnce === atOnce)
  const samples = own.flatMap((burst) => burst.samples)
  const latencies = present(samples.map(({ ms }) => ms))
  const { p50, max } = summarize(latencies)
  const last = summarize(present(own.map(({ lastMs }) => lastMs))).p50
  const perS = (atOnce * 1000) / last
  return [
    String(atOnce),
    ARMS[arm],
    String(own.length),
    percent(latencies.length / samples.length),
    ...[p50, max, last].map(duration),
    Number.isFinite(perS) ? perS.toFixed(2) : '–',
  ]
}

export function costTable({ costs, plan }: Result): Table {
  const kinds = ['cold', 'warm'] as const
  return {
    title: 'What one VM costs the host (medians)',
    header: [
      'VM',
      'runtime',
      'looked at',
      'memory (PSS)',
      'CPU time until then',
      'of a core, idle',
    ],
    rows: plan.runtimes.flatMap((runtime) =>
      kinds.flatMap((kind) => {
        const own = costs.filter((cost) => cost.runtime === runtime && cost.kind === kind)
        if (own.length === 0) return []
        const median = (values: number[]) => summarize(values).p50
        return [
          [
            kind === 'cold' ? 'with a program that waits' : 'warm, waiting for a program',
            runtime,
            String(own.length),
            mib(median(own.map(({ pssMib }) => pssMib))),
            duration(median(own.map(({ cpuMs }) => cpuMs))),
            percent(median(own.map(({ idleCpuShare }) => idleCpuShare))),
          ],
        ]
      }),
    ),
  }
}
