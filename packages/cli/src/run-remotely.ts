import { ApiError, type NewWorkload, type RunOptions, type RunResult } from '@vulcan/client'
import { newWorkload, type RunReport } from '@vulcan/host'
import { finalStatus, type OutputStream, Reason, type WorkloadSpec } from '@vulcan/schema'
import { EXIT_INTERRUPTED } from './interruption.ts'
import type { OnEvent, PreparedRun, RunContext, RunRequest } from './prepared-run.ts'
import { connect } from './server/connect.ts'
import { UsageError } from './usage-error.ts'

/** Runs on the server that the environment names. It is not asked before the run. */
export async function prepareRemotely(
  request: RunRequest,
  { interruption, narrator, trace }: RunContext,
): Promise<PreparedRun> {
  if (trace !== undefined) {
    throw new UsageError(
      '--trace shows a run on this machine, and VULCAN_API_URL names a server: what that tells of its phases is in --json',
    )
  }
  const spec = newWorkload(request)
  const client = connect(process.env)
  const { signal } = interruption
  // Nothing here must be released.
  interruption.atSecondSignal(() => process.exit(EXIT_INTERRUPTED))
  return {
    async run(onEvent) {
      try {
        const result = await client.run(toNewWorkload(spec), { signal, ...listeners(onEvent) })
        if (result.isolationStrength === 'emulated') {
          narrator.remark('isolation there is emulated, which is no security boundary')
        }
        return reportResult(result)
      } catch (error) {
        return reportRefusal(error, spec)
      }
    },
    async [Symbol.asyncDispose]() {
      // The server holds it all.
    },
  }
}

/** The server gives ids, and calls the bytes of standard input `stdin`. */
export function toNewWorkload({ id: _, input, ...spec }: WorkloadSpec): NewWorkload {
  return { ...spec, stdin: input }
}

function listeners(onEvent: OnEvent | undefined): RunOptions {
  if (onEvent === undefined) return {}
  let seq = 0
  const output = (stream: OutputStream) => (bytes: Uint8Array) => {
    const event = { type: 'output', stream, seq, bytes } as const
    seq += 1
    return onEvent(event)
  }
  return {
    onStdout: output('stdout'),
    onStderr: output('stderr'),
    onPhase: (phase, atMs) => onEvent({ type: 'phase', phase, atMs }),
  }
}

function reportResult({ stdoutBytes, stderrBytes, ...result }: RunResult): RunReport {
  const bytes = { stdout: stdoutBytes, stderr: stderrBytes }
  return { ...result, ...bytes, consoleTail: '', cause: undefined }
}

/** A refusal that a host of our own would make, too, is reported like it; the rest is thrown. */
function reportRefusal(error: unknown, { runtime }: WorkloadSpec): RunReport {
  const reason = error instanceof ApiError ? Reason.safeParse(error.code).data : undefined
  if (!(error instanceof ApiError) || reason === undefined) throw error
  return {
    ...{ id: '', status: finalStatus(reason), reason, runtime, exitCode: null },
    ...{ stdout: new Uint8Array(), stderr: new Uint8Array() },
    truncated: { stdout: false, stderr: false },
    ...{ error: error.message, durationMs: 0, phases: [], vmm: null, isolationStrength: null },
    ...{ consoleTail: '', cause: error },
  }
}
