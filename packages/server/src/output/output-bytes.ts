import type { Engine } from '@vulcan/engine'
import type { OutputStream } from '@vulcan/schema'

export interface OutputRange {
  readonly workloadId: string
  readonly stream: OutputStream
  /** Whether to go on until the workload has ended. */
  readonly follow?: boolean
  readonly signal?: AbortSignal
}

/**
 * The exact bytes that a program wrote to one of its streams, in pieces: all that is recorded, also
 * beyond the limit of its output. Throws as `Engine.events`.
 */
export async function* outputBytes(
  engine: Engine,
  { workloadId, stream, ...options }: OutputRange,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const event of engine.events(workloadId, { follow: false, ...options })) {
    if (event.type === 'output' && event.stream === stream) yield event.bytes
  }
}
