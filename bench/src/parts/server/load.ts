import { cpuMs } from '../../facts/processes.ts'
import { Caller } from '../../served/caller.ts'
import type { Target } from '../../served/target.ts'
import { HEADER, row, summarize } from '../../statistics.ts'
import { runHello } from './run-hello.ts'

const CALLERS = [1, 32, 256]

/** One stretch of load: so many callers that each run one workload after the other. */
interface Stretch {
  readonly target: string
  readonly callers: number
  readonly perS: number
  /** Of the server, for each workload. */
  readonly cpuMs: number
  readonly latencyMs: readonly number[]
}

export interface LoadOptions {
  readonly rounds: number
  readonly stretchMs: number
  readonly signal: AbortSignal
}

/**
 * Workloads per second and the server's processor time for each, by number of callers. Targets and
 * numbers of callers take turns, once forwards and once backwards.
 */
export async function measureLoad(
  targets: readonly Target[],
  { rounds, stretchMs, signal }: LoadOptions,
): Promise<readonly Stretch[]> {
  const arms = CALLERS.flatMap((callers) => targets.map((target) => ({ target, callers })))
  const stretches: Stretch[] = []
  for (const { target } of arms) await load(target, 1, { stretchMs: stretchMs / 4, signal })
  for (let round = 0; round < rounds; round += 1) {
    for (const { target, callers } of round % 2 === 0 ? arms : arms.toReversed()) {
      stretches.push(await load(target, callers, { stretchMs, signal }))
    }
  }
  for (const { target, callers } of arms) {
    const own = stretches.filter((one) => one.target === target.name && one.callers === callers)
    console.log(`${target.name}, ${callers} ${callers === 1 ? 'caller' : 'callers'}`)
    console.log(HEADER)
    console.log(row('  workloads', summarize(own.map(({ perS }) => perS)), '/s'))
    console.log(row('  host CPU per workload', summarize(own.map((one) => one.cpuMs)), 'ms'))
    console.log(row('  request', summarize(own.flatMap(({ latencyMs }) => latencyMs)), 'ms'))
  }
  return stretches
}

async function load(
  target: Target,
  callerCount: number,
  { stretchMs, signal }: Omit<LoadOptions, 'rounds'>,
): Promise<Stretch> {
  const latencyMs: number[] = []
  const cpuBeforeMs = await serverCpuMs(target)
  const startedAtMs = performance.now()
  const call = async () => {
    using caller = new Caller(target)
    while (performance.now() - startedAtMs < stretchMs) {
      signal.throwIfAborted()
      const sentAtMs = performance.now()
      await runHello(caller)
      latencyMs.push(performance.now() - sentAtMs)
    }
  }
  await Promise.all(Array.from({ length: callerCount }, call))
  const elapsedS = (performance.now() - startedAtMs) / 1000
  const count = latencyMs.length
  return {
    target: target.name,
    callers: callerCount,
    perS: count / elapsedS,
    cpuMs: ((await serverCpuMs(target)) - cpuBeforeMs) / count,
    latencyMs,
  }
}

/** Runs so many workloads on a server, from 32 callers. */
export async function runMany(target: Target, count: number, signal: AbortSignal): Promise<void> {
  let left = count
  const call = async () => {
    using caller = new Caller(target)
    while (left > 0) {
      signal.throwIfAborted()
      left -= 1
      await runHello(caller)
    }
  }
  await Promise.all(Array.from({ length: 32 }, call))
}

async function serverCpuMs({ pid }: Target): Promise<number> {
  return pid === undefined ? Number.NaN : cpuMs(pid)
}
