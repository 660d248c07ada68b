import type { EngineWatcher } from './watcher.ts'

/** Tells the watcher, if there is one. Never throws. */
export type Tell = (call: (watcher: EngineWatcher) => void) => void

/** A watcher that throws is a bug of ours, but no workload is lost by it. */
export function tellTo(
  watcher: EngineWatcher | undefined,
  onProblem: (error: unknown) => void,
): Tell {
  return (call) => {
    if (watcher === undefined) return
    try {
      call(watcher)
    } catch (error) {
      onProblem(error)
    }
  }
}
