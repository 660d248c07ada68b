import type { Engine, RecordedEvent } from '@vulcan/engine'
import type { LogRecord } from '@vulcan/schema'
import { toListedView, toTime } from '../workload-view.ts'
import { withHeartbeats } from './heartbeats.ts'
import type { LogSelection } from './log-selection.ts'

const HEARTBEAT = asLine({ type: 'heartbeat' })

/** The record of a workload, a `LogRecord` a line. Of one stream alone, phases are left out. */
export function ndjsonLogs(
  engine: Engine,
  selection: LogSelection,
): AsyncGenerator<string, void, undefined> {
  return withHeartbeats(records(engine, selection), selection, HEARTBEAT)
}

async function* records(
  engine: Engine,
  { workloadId, stream, after: afterSeq = -1, follow, signal }: LogSelection,
): AsyncGenerator<string, void, undefined> {
  for await (const event of engine.events(workloadId, { afterSeq, follow, signal })) {
    if (stream === undefined || (event.type === 'output' && event.stream === stream)) {
      yield asLine(toRecord(event))
    }
  }
  yield asLine({ type: 'done', workload: toListedView(await engine.get(workloadId)) })
}

function toRecord(event: RecordedEvent): LogRecord {
  const { seq } = event
  const at = toTime(event.atMs)
  if (event.type === 'phase') {
    return { type: 'phase', seq, at, phase: event.phase, at_ms: event.sinceStartMs }
  }
  const { buffer, byteOffset, byteLength } = event.bytes
  const data = Buffer.from(buffer, byteOffset, byteLength).toString('base64')
  return { type: 'output', seq, at, stream: event.stream, data }
}

function asLine(record: LogRecord): string {
  return `${JSON.stringify(record)}\n`
}
