import type { Engine } from '@vulcan/engine'
import type { OutputStream } from '@vulcan/schema'

export interface OutputRange {
  readonly workloadId: string
  readonly stream: OutputStream
  /** What is beyond it is left out; default: all that is recorded. */
  readonly limitBytes?: number
  /** Whether to go on until the workload has ended. */
  readonly follow?: boolean
  readonly signal?: AbortSignal
}

/** The exact bytes that a program wrote to one of its streams, in pieces. Throws as `Engine.events`. */
export async function* outputBytes(
  engine: Engine,
  { workloadId, stream, limitBytes = Number.POSITIVE_INFINITY, ...options }: OutputRange,
): AsyncGenerator<Uint8Array, void, undefined> {
  let left = limitBytes
  for await (const event of engine.events(workloadId, { follow: false, ...options })) {
    if (event.type !== 'output' || event.stream !== stream) continue
    const piece = event.bytes.subarray(0, left)
    if (piece.byteLength > 0) yield piece
    left -= piece.byteLength
    if (left <= 0) return
  }
}
