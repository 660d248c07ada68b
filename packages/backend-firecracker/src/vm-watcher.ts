import type { FailureReason } from '@vulcan/backend'
import type { Phase, Runtime } from '@vulcan/schema'
import type { Vm, VmHost } from './vm.ts'

/** The phases in which a VM starts. */
export type StartPhase = Extract<Phase, 'image' | 'drives' | 'network' | 'vmm' | 'booting'>

/** How an interpreter came to its program. */
export type InterpreterStart = 'warm' | 'fresh' | 'environment' | 'age' | 'died'

/**
 * Told what becomes of VMs, for metrics. Its methods are called in a VM's way, so they neither throw
 * nor wait. All durations are of a clock that does not jump.
 */
export interface VmWatcher {
  /** A VM has its place. One `released` follows. */
  opened(): void
  /** Its agent takes requests, so long after its place was taken. */
  started(start: {
    /** `warm`: it was started before, and only taken. */
    readonly mode: 'cold' | 'warm'
    readonly durationMs: number
    readonly phases: readonly { readonly phase: StartPhase; readonly durationMs: number }[]
  }): void
  /** `admission` is before anything was made. What somebody ended has not failed. */
  startFailed(phase: StartPhase | 'admission', reason: FailureReason): void
  /** A connection to an agent was made, or not. */
  connected(result: 'ok' | 'error', durationMs: number): void
  /** An agent has answered the request of a workload. */
  answered(durationMs: number): void
  /**
   * A program has started: in an interpreter that had waited for it, or in a fresh one, with the
   * agent's word for it where one had waited in vain.
   */
  interpreted(runtime: Runtime, start: InterpreterStart): void
  /**
   * A pool was asked for a VM. A miss may still get one that is being started. `lost` is said after
   * either: the VM was dead when the workload got it, and the workload gets a new one.
   */
  poolAsked(runtime: Runtime, result: 'hit' | 'miss' | 'lost'): void
  /** One that had waited so long was taken. */
  poolGave(runtime: Runtime, waitedMs: number): void
  /** One more waits, or one less. */
  poolChanged(runtime: Runtime, change: 1 | -1): void
  /** One was started for the pool, its preparation included. */
  poolRefilled(runtime: Runtime, result: 'ok' | 'error', durationMs: number): void
  /** What a VM held is released, or what could not be is left to the next recovery. */
  released(result: 'ok' | 'error', durationMs: number): void
}

const START_PHASES: readonly Phase[] = [
  'image',
  'drives',
  'network',
  'vmm',
  'booting',
] satisfies StartPhase[]

/** To be called when a VM has started, so long after its place was taken. */
export function tellStarted({ watcher }: VmHost, { timeline }: Vm, durationMs: number): void {
  if (watcher === undefined) return
  const nowMs = timeline.elapsedMs()
  const { phases } = timeline
  const lasted = phases.flatMap(({ phase, atMs }, index) => {
    const endMs = phases[index + 1]?.atMs ?? nowMs
    return isStartPhase(phase) ? [{ phase, durationMs: endMs - atMs }] : []
  })
  watcher.started({ mode: 'cold', durationMs, phases: lasted })
}

/** To be called when a VM has failed, wherever it was. */
export function tellFailed({ watcher }: VmHost, { timeline }: Vm, reason: FailureReason): void {
  const phase = timeline.current ?? 'admission'
  if (phase === 'admission' || isStartPhase(phase)) watcher?.startFailed(phase, reason)
}

/** Times a connection to an agent; one that somebody ended has no result. */
export async function tellConnected<T>(
  { watcher }: VmHost,
  { signal }: Vm,
  connect: Promise<T>,
): Promise<T> {
  const startedAtMs = performance.now()
  try {
    const connection = await connect
    watcher?.connected('ok', performance.now() - startedAtMs)
    return connection
  } catch (error) {
    if (!signal.aborted) watcher?.connected('error', performance.now() - startedAtMs)
    throw error
  }
}

function isStartPhase(phase: Phase): phase is StartPhase {
  return START_PHASES.includes(phase)
}
