import type { Engine } from '@vulcan/engine'
import type { LogSelection } from './log-selection.ts'

/** The bytes that a program wrote, in the order in which they came; there is no place for heartbeats. */
export async function* plainLogs(
  engine: Engine,
  { workloadId, stream, after: afterSeq = -1, follow, signal }: LogSelection,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const event of engine.events(workloadId, { afterSeq, follow, signal })) {
    if (event.type !== 'output' || event.bytes.byteLength === 0) continue
    if (stream === undefined || event.stream === stream) yield event.bytes
  }
}
