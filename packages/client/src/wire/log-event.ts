import type { LogRecord, OutputStream, Phase } from '@vulcan/schema'
import { fromBase64 } from './base64.ts'
import { decodeWorkload, type Workload } from './workload.ts'

/**
 * What happened to a workload, in its order. `seq` counts up by one per workload. `done` is the last
 * one of a workload that has ended.
 */
export type LogEvent =
  | {
      readonly type: 'output'
      readonly seq: number
      readonly at: Date
      readonly stream: OutputStream
      readonly bytes: Uint8Array
    }
  | {
      readonly type: 'phase'
      readonly seq: number
      readonly at: Date
      readonly phase: Phase
      /** Counted from the start of the workload. */
      readonly atMs: number
    }
  | {
      readonly type: 'done'
      /** As in lists: without output. */
      readonly workload: Workload
    }

export function decodeLogRecord(record: Exclude<LogRecord, { type: 'heartbeat' }>): LogEvent {
  if (record.type === 'done') return { type: 'done', workload: decodeWorkload(record.workload) }
  const { seq } = record
  const at = new Date(record.at)
  return record.type === 'phase'
    ? { type: 'phase', seq, at, phase: record.phase, atMs: record.at_ms }
    : { type: 'output', seq, at, stream: record.stream, bytes: fromBase64(record.data) }
}
