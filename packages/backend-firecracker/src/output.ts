import type { ExecuteOptions } from '@vulcan/backend'
import { orAborted } from '@vulcan/firecracker'
import type { OutputStream } from '@vulcan/schema'
import { GrowingBytes } from './growing-bytes.ts'
import { ProtocolError } from './protocol/errors.ts'

/** The output of one workload up to the limit of each stream: passed on as it comes, and kept. */
export class Output {
  readonly #limitBytes: number
  readonly #onEvent: ExecuteOptions['onEvent']
  readonly #kept: Readonly<Record<OutputStream, GrowingBytes | CountedBytes>>
  #seq = 0

  constructor(
    limitBytes: number,
    { onEvent, keepOutput = true }: Pick<ExecuteOptions, 'onEvent' | 'keepOutput'>,
  ) {
    const Bytes = keepOutput ? GrowingBytes : CountedBytes
    this.#limitBytes = limitBytes
    this.#kept = { stdout: new Bytes(limitBytes), stderr: new Bytes(limitBytes) }
    this.#onEvent = onEvent
  }

  /**
   * Takes a chunk from the guest; resolves when the consumer has taken it, or throws the signal's
   * reason. The agent cuts at the limit, so one that sends more throws `ProtocolError`
   * `message_unexpected`.
   */
  async take(stream: OutputStream, bytes: Uint8Array, signal: AbortSignal): Promise<void> {
    if (!this.#kept[stream].append(bytes)) {
      throw new ProtocolError(
        'message_unexpected',
        `the agent sent more than the ${this.#limitBytes} bytes of ${stream} that it was allowed`,
      )
    }
    const seq = this.#seq
    this.#seq += 1
    await orAborted(this.#onEvent?.({ type: 'output', stream, seq, bytes }), signal)
  }

  /** Whether anything was passed on. */
  get hasAny(): boolean {
    return this.#seq > 0
  }

  collected(stream: OutputStream): Uint8Array {
    return this.#kept[stream].bytes
  }
}

/** As `GrowingBytes`, of which nobody wants the bytes. */
class CountedBytes {
  readonly bytes = new Uint8Array()
  #leftBytes: number

  constructor(limitBytes: number) {
    this.#leftBytes = limitBytes
  }

  append(piece: Uint8Array): boolean {
    this.#leftBytes -= piece.byteLength
    return this.#leftBytes >= 0
  }
}
