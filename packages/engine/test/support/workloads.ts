import type { Workload, WorkloadEnd, WorkloadSpec } from '@vulcan/schema'

let made = 0

/** A new id, later than those before. */
export function newId(): string {
  made += 1
  return `01${String(made).padStart(24, '0')}`
}

export function aSpec(change: Partial<WorkloadSpec> = {}): WorkloadSpec {
  return {
    id: newId(),
    runtime: 'python',
    isolation: 'auto',
    code: 'print("hello")',
    args: [],
    env: {},
    timeoutS: 30,
    outputLimitBytes: 1024 * 1024,
    ...change,
  }
}

export function aWorkload(change: Partial<Workload> = {}): Workload {
  return {
    id: newId(),
    owner: 'one',
    priority: 5,
    nodeId: 'here',
    isolation: 'auto',
    runtime: 'python',
    args: ['a b', '--flag'],
    network: null,
    inputHash: '',
    cpus: 1,
    memMib: 512,
    timeoutS: 30,
    outputLimitBytes: 1024,
    createdAtMs: 1_000,
    status: 'pending',
    startedAtMs: null,
    end: null,
    ...change,
  }
}

export function anEnd(change: Partial<WorkloadEnd> = {}): WorkloadEnd {
  return {
    reason: 'exited',
    exitCode: 3,
    error: '',
    truncated: { stdout: false, stderr: true },
    vmm: { name: 'firecracker', version: '1.16.1', reason: 'KVM works' },
    isolationStrength: 'hardware',
    phases: [{ phase: 'image', atMs: 0 }],
    durationMs: 250,
    finishedAtMs: 3_000,
    ...change,
  }
}
