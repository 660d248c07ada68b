import type { OutputStream } from '@vulcan/schema'
import type { Output } from './output.ts'
import type { UntypedMessage } from './protocol/messages.ts'
import type { RunResponse } from './run.ts'

type Log = Extract<UntypedMessage, { type: 'log' }>
type GuestResponse = Extract<UntypedMessage, { type: 'result' }>['response']

/**
 * The output of an untyped run: lines, made bytes again, and cut here, since such an agent knows no
 * limit.
 */
export class UntypedOutput {
  readonly #output: Output
  readonly #room: Record<OutputStream, number>
  readonly #truncated = { stdout: false, stderr: false }
  #hasLines = false

  constructor(output: Output, limitBytes: number) {
    this.#output = output
    this.#room = { stdout: limitBytes, stderr: limitBytes }
  }

  async take({ line, stream }: Log, signal: AbortSignal): Promise<void> {
    this.#hasLines = true
    await this.#pass(stream, `${line}\n`, signal)
  }

  /** The agent's last word as that of a typed run. Its output counts if it sent no lines before. */
  async finish(response: GuestResponse, signal: AbortSignal): Promise<RunResponse> {
    const { exitCode, output, error } = response
    if (!this.#hasLines && output !== '') await this.#pass('stdout', output, signal)
    const reason = reasonOf(error)
    return {
      exitCode: reason === 'exited' ? exitCode & 0xff : null,
      error,
      reason,
      truncated: { ...this.#truncated },
    }
  }

  async #pass(stream: OutputStream, text: string, signal: AbortSignal): Promise<void> {
    const bytes = Buffer.from(text)
    const kept = bytes.subarray(0, this.#room[stream])
    this.#room[stream] -= kept.byteLength
    if (kept.byteLength < bytes.byteLength) this.#truncated[stream] = true
    if (kept.byteLength > 0) await this.#output.take(stream, kept, signal)
  }
}

/** The untyped run has no reasons, only words, of which two are fixed. */
function reasonOf(error: string): RunResponse['reason'] {
  if (error.startsWith('timeout after ')) return 'timeout'
  if (error.startsWith('unsupported runtime')) return 'unsupported_runtime'
  return 'exited'
}
