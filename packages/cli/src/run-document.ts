import type { RunReport } from '@vulcan/host'
import { encodeOutput } from './encode-output.ts'
import { type Trace, traceDocument } from './trace.ts'

/** The one document of `run --json`. Output that is not UTF-8 comes as base64; `encoding` says so. */
export function runDocument(report: RunReport, trace: Trace | undefined): object {
  const stdout = encodeOutput(report.stdout)
  const stderr = encodeOutput(report.stderr)
  return {
    id: report.id,
    status: report.status,
    reason: report.reason,
    runtime: report.runtime,
    exit_code: report.exitCode,
    stdout: stdout.text,
    stderr: stderr.text,
    encoding: { stdout: stdout.encoding, stderr: stderr.encoding },
    truncated: report.truncated,
    error: report.error,
    duration_ms: report.durationMs,
    phases: report.phases.map(({ phase, atMs }) => ({ phase, at_ms: atMs })),
    vmm: report.vmm,
    isolation_strength: report.isolationStrength,
    ...(trace && { trace: traceDocument(trace.steps()) }),
  }
}
