/**
 * The stages of one workload, in order. Each is announced when it begins; `booting` lasts from the
 * guest's start to the agent's readiness. A workload without a network has no phase `network`.
 */
export const PHASES = [
  'image',
  'drives',
  'network',
  'vmm',
  'booting',
  'request',
  'running',
  'ended',
] as const
export type Phase = (typeof PHASES)[number]

export type OutputStream = 'stdout' | 'stderr'

/** What happens while a workload runs. `atMs` counts from the call of `execute`; `seq` from 0 per workload. */
export type WorkloadEvent =
  | { readonly type: 'phase'; readonly phase: Phase; readonly atMs: number }
  | {
      readonly type: 'output'
      readonly stream: OutputStream
      readonly seq: number
      readonly bytes: Uint8Array
    }
