import type { Engine } from '@vulcan/engine'
import { type LogSelection, logEvents } from './log-events.ts'

/** The bytes that a program wrote, in the order in which they came; there is no place for heartbeats. */
export async function* plainLogs(
  engine: Engine,
  selection: LogSelection,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { after = -1, stream } = selection
  for await (const event of logEvents(engine, selection, after)) {
    if (event?.type !== 'output' || event.bytes.byteLength === 0) continue
    if (stream === undefined || event.stream === stream) yield event.bytes
  }
}
