import { Host, newWorkload } from '@vulcan/host'
import { HEADER, ratios, row, summarize } from '../statistics.ts'

const MODES = ['none', 'public'] as const
type Mode = (typeof MODES)[number]

/**
 * Cold workloads with a network against ones without, in one process with ready slots, interleaved
 * A B B A. To be run in a network namespace of its own: it makes links and rules.
 */
export async function benchNetworkRun(pairs: number, signal: AbortSignal): Promise<object> {
  await using host = await Host.open({
    env: process.env,
    signal,
    onNotice: console.error,
    readySlots: 2,
  })
  const times: Record<Mode, number[]> = { none: [], public: [] }
  const phases: Record<Mode, Record<string, number[]>> = { none: {}, public: {} }
  await once(host, 'public', signal)
  for (let pair = 0; pair < pairs; pair += 1) {
    for (const mode of pair % 2 === 0 ? MODES : MODES.toReversed()) {
      const report = await once(host, mode, signal)
      times[mode].push(report.durationMs)
      for (const [at, { phase, atMs }] of report.phases.entries()) {
        const endMs = report.phases[at + 1]?.atMs ?? report.durationMs
        const spans = phases[mode]
        spans[phase] = [...(spans[phase] ?? []), endMs - atMs]
      }
    }
  }
  console.log(HEADER)
  for (const mode of MODES) console.log(row(`network ${mode}`, summarize(times[mode]), 'ms'))
  for (const mode of MODES) {
    for (const [phase, spans] of Object.entries(phases[mode])) {
      console.log(row(`network ${mode}, ${phase}`, summarize(spans), 'ms'))
    }
  }
  console.log(ratios(times.public, times.none))
  return { name: 'network-run', times, phases }
}

async function once(host: Host, network: Mode, signal: AbortSignal) {
  const workload = newWorkload({ runtime: 'python', code: 'print(1)', network })
  const report = await host.run(workload, { signal })
  if (report.reason !== 'exited') throw new Error(`${report.reason}: ${report.error}`)
  return report
}
