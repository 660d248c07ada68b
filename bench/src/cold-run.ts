import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { type GuestFiles, runByHand } from './by-hand.ts'
import { HEADER, ratios, row, summarize } from './statistics.ts'

type Phases = { phase: string; at_ms: number }[]

/**
 * Cold `vulcan run` against QEMU and vhost-device-vsock started by hand with the same files and
 * request, interleaved A B B A. Both arms have a hot page cache; a run before them sees to that.
 */
export async function benchColdRun(
  vulcan: string,
  files: GuestFiles,
  pairs: number,
): Promise<object> {
  const code = 'print(1)'
  await runByHand(files, code)
  const byHand: number[] = []
  const byHandReady: number[] = []
  const ours: number[] = []
  const phases: Phases[] = []
  for (let pair = 0; pair < pairs; pair += 1) {
    const runVulcan = async () => {
      const run = await timeVulcan(vulcan, code)
      ours.push(run.wallMs)
      phases.push(run.phases)
    }
    const runFloor = async () => {
      const times = await runByHand(files, code)
      byHand.push(times.totalMs)
      byHandReady.push(times.readyMs)
    }
    for (const run of pair % 2 === 0 ? [runVulcan, runFloor] : [runFloor, runVulcan]) await run()
  }
  const [a, b] = [summarize(ours), summarize(byHand)]
  console.log(HEADER)
  console.log(row('vulcan run, to its exit', a, 'ms'))
  console.log(row('by hand, to the result', b, 'ms'))
  console.log(row('by hand, to readiness', summarize(byHandReady), 'ms'))
  for (const [name, begins] of phaseBegins(phases)) {
    console.log(row(`vulcan run, begin of ${name}`, summarize(begins), 'ms'))
  }
  console.log(ratios(ours, byHand))
  return { name: 'cold-run', ours, byHand, byHandReady, phases }
}

async function timeVulcan(
  vulcan: string,
  code: string,
): Promise<{ wallMs: number; phases: Phases }> {
  const startedAtMs = performance.now()
  const child = spawn(vulcan, ['run', '--json', '-c', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [document, [exitCode]] = await Promise.all([text(child.stdout), once(child, 'close')])
  const wallMs = performance.now() - startedAtMs
  if (exitCode !== 0) throw new Error(`vulcan run exited with ${exitCode}: ${document}`)
  return { wallMs, phases: JSON.parse(document).phases }
}

function phaseBegins(runs: readonly Phases[]): Map<string, number[]> {
  const begins = new Map<string, number[]>()
  for (const { phase, at_ms } of runs.flat()) {
    begins.set(phase, [...(begins.get(phase) ?? []), at_ms])
  }
  return begins
}
