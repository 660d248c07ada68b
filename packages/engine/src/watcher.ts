import type { OutputStream, Phase, Workload, WorkloadEnd } from '@vulcan/schema'

/**
 * Told what the engine does, for metrics and traces. Its methods are called in the engine's way, so
 * they neither throw nor wait. All durations are of a clock that does not jump.
 */
export interface EngineWatcher {
  /**
   * A workload is durable, or was found waiting in the store when the engine opened. Called first, in
   * the asynchronous context of whoever submitted it.
   */
  accepted(workload: Workload): void
  /** It has a slot and is about to run: followed by `ended` and then `released`. */
  started(workload: Workload, waitedMs: number): void
  /** A phase began, `atMs` after the start. */
  phase(workloadId: string, phase: Phase, atMs: number): void
  /** Bytes of its output were recorded, or dropped at the limits. Not of what `Engine.run` runs. */
  output(
    workloadId: string,
    stream: OutputStream,
    recordedBytes: number,
    droppedBytes: number,
  ): void
  /**
   * It has ended, and that is durable, `totalMs` after it was accepted or taken over. For what ran
   * when an earlier process died this is all that is told, with 0.
   */
  ended(workload: Workload & { readonly end: WorkloadEnd }, totalMs: number): void
  /** What it held is released, and its slot is free. */
  released(workloadId: string, releaseMs: number): void
}
