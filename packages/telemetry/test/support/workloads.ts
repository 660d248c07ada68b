import type { Reason, Workload, WorkloadEnd } from '@vulcan/schema'

let made = 0

/** A workload as the engine tells of it. */
export function aWorkload(extra: Partial<Workload> = {}): Workload {
  made += 1
  return {
    id: `01K3Z5V7Q8R9S0T1V2W3${String(made).padStart(6, '0')}`,
    owner: 'key-of-somebody',
    priority: 5,
    nodeId: 'here',
    isolation: 'microvm',
    runtime: 'python',
    args: ['an-argument'],
    network: null,
    inputHash: '',
    cpus: 1,
    memMib: 512,
    timeoutS: 30,
    outputLimitBytes: 1024,
    createdAtMs: 0,
    status: 'pending',
    startedAtMs: null,
    end: null,
    ...extra,
  }
}

const STATUS: Partial<Record<Reason, Workload['status']>> = {
  exited: 'completed',
  killed: 'killed',
}

export function ended(
  workload: Workload,
  reason: Reason,
  durationMs: number | null,
): Workload & { readonly end: WorkloadEnd } {
  return {
    ...workload,
    status: STATUS[reason] ?? 'failed',
    end: {
      reason,
      exitCode: reason === 'exited' ? 3 : null,
      error: 'words of a guest',
      truncated: { stdout: false, stderr: false },
      vmm: null,
      isolationStrength: null,
      phases: [],
      durationMs,
      finishedAtMs: 0,
    },
  }
}
