import type { Workload } from '@vulcan/client'
import { encodeOutput } from '../encode-output.ts'

/**
 * A workload in JSON, in the words of the HTTP API. Output is text here, or base64 where it is not
 * UTF-8, and `encoding` says so; both are absent where it is not known.
 */
export function workloadDocument(workload: Workload): object {
  return {
    id: workload.id,
    status: workload.status,
    reason: workload.reason,
    isolation: workload.isolation,
    runtime: workload.runtime,
    args: workload.args,
    network: workload.network,
    priority: workload.priority,
    node_id: workload.nodeId,
    input_hash: workload.inputHash,
    exit_code: workload.exitCode,
    ...outputOf(workload),
    truncated: workload.truncated,
    output_limit_bytes: workload.outputLimitBytes,
    error: workload.error,
    cpu_limit: workload.cpus,
    mem_limit: workload.memMib,
    timeout_s: workload.timeoutS,
    duration_ms: workload.durationMs,
    phases: workload.phases?.map(({ phase, atMs }) => ({ phase, at_ms: atMs })) ?? null,
    vmm: workload.vmm,
    isolation_strength: workload.isolationStrength,
    created_at: workload.createdAt,
    started_at: workload.startedAt,
    finished_at: workload.finishedAt,
  }
}

function outputOf(workload: Workload): object {
  if (workload.stdout === null || workload.stderr === null) return {}
  const stdout = encodeOutput(workload.stdout)
  const stderr = encodeOutput(workload.stderr)
  const encoding = { stdout: stdout.encoding, stderr: stderr.encoding }
  return { stdout: stdout.text, stderr: stderr.text, encoding }
}
