export const ID = '01J00000000000000000000000'

/** A workload as the server shows it, running. */
export function aView(change: Readonly<Record<string, unknown>> = {}) {
  return {
    id: ID,
    status: 'running',
    reason: null,
    isolation: 'auto',
    runtime: 'python',
    args: [],
    network: null,
    priority: 5,
    node_id: 'here',
    input_hash: '',
    output: null,
    stdout: null,
    stderr: null,
    truncated: null,
    output_limit_bytes: 1024,
    exit_code: null,
    error: '',
    cpu_limit: 1,
    mem_limit: 512,
    timeout_s: 30,
    duration_ms: null,
    phases: null,
    vmm: null,
    isolation_strength: null,
    created_at: '2026-01-02T03:04:05.678Z',
    started_at: null,
    finished_at: null,
    ...change,
  }
}

/** The same, when its program has ended. */
export function anEndedView(change: Readonly<Record<string, unknown>> = {}) {
  return aView({
    status: 'completed',
    reason: 'exited',
    output: base64('out\nerr\n'),
    stdout: base64('out\n'),
    stderr: base64('err\n'),
    truncated: { stdout: false, stderr: false },
    exit_code: 3,
    duration_ms: 120,
    phases: [{ phase: 'running', at_ms: 100 }],
    vmm: { name: 'firecracker', version: '1.16.1', reason: 'KVM works' },
    isolation_strength: 'hardware',
    started_at: '2026-01-02T03:04:06Z',
    finished_at: '2026-01-02T03:04:07Z',
    ...change,
  })
}

export function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}

const at = '2026-01-02T03:04:06Z'

export function output(seq: number, text: string, stream = 'stdout') {
  return { type: 'output', seq, at, stream, data: base64(text) }
}

export function phase(seq: number, name: string) {
  return { type: 'phase', seq, at, phase: name, at_ms: 5 }
}

export const heartbeat = { type: 'heartbeat' }
export const done = {
  type: 'done',
  workload: anEndedView({ output: null, stdout: null, stderr: null }),
}
