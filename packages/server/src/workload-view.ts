import type { Workload, WorkloadView } from '@vulcan/schema'
import type { Output } from './output/read-output.ts'

/** A workload as the wire has it; without `output` its output is null, as in lists. */
export function toWorkloadView(workload: Workload, output?: Output): WorkloadView {
  const { end } = workload
  return {
    id: workload.id,
    status: workload.status,
    reason: end?.reason ?? null,
    isolation: workload.isolation,
    runtime: workload.runtime,
    args: workload.args,
    network: workload.network,
    priority: workload.priority,
    node_id: workload.nodeId,
    input_hash: workload.inputHash,
    output: output ? Buffer.concat([output.stdout, output.stderr]).toString('base64') : null,
    stdout: output?.stdout.toString('base64') ?? null,
    stderr: output?.stderr.toString('base64') ?? null,
    truncated: end?.truncated ?? null,
    output_limit_bytes: workload.outputLimitBytes,
    exit_code: end?.exitCode ?? null,
    error: end?.error ?? '',
    cpu_limit: workload.cpus,
    mem_limit: workload.memMib,
    timeout_s: workload.timeoutS,
    duration_ms: typeof end?.durationMs === 'number' ? Math.round(end.durationMs) : null,
    phases: end?.phases.map(({ phase, atMs }) => ({ phase, at_ms: atMs })) ?? null,
    vmm: end?.vmm ?? null,
    isolation_strength: end?.isolationStrength ?? null,
    created_at: toTime(workload.createdAtMs),
    started_at: workload.startedAtMs === null ? null : toTime(workload.startedAtMs),
    finished_at: end === null ? null : toTime(end.finishedAtMs),
  }
}

/** A workload in a list: without what can be long. */
export function toListedView(workload: Workload): WorkloadView {
  return { ...toWorkloadView(workload), args: null, phases: null }
}

/** RFC 3339, in UTC. */
export function toTime(atMs: number): string {
  return new Date(atMs).toISOString()
}
