import { PHASES } from '@vulcan/schema'
import type { EventBatch, NewEvent } from '../recorded-event.ts'

/**
 * The events of a batch, one after the other: a row for each line of a chatty program would cost more
 * than its bytes.
 *
 * ```
 * ┌────────┬──────────────┬─────────────────────────────────────────────────┐
 * │ kind   │ length       │ bytes                                           │
 * │ 1 byte │ 4 bytes (BE) │ output: the program's; a phase: `name sinceMs`  │
 * └────────┴──────────────┴─────────────────────────────────────────────────┘
 * ```
 */
const KINDS = { phase: 0, stdout: 1, stderr: 2 } as const
const HEADER_BYTES = 5

export function encodeFrames(events: readonly NewEvent[]): Buffer {
  return Buffer.concat(events.flatMap(encodeFrame))
}

function encodeFrame(event: NewEvent): Uint8Array[] {
  const isPhase = event.type === 'phase'
  const bytes = isPhase ? Buffer.from(`${event.phase} ${event.sinceStartMs}`) : event.bytes
  const header = Buffer.alloc(HEADER_BYTES)
  header.writeUInt8(isPhase ? KINDS.phase : KINDS[event.stream])
  header.writeUInt32BE(bytes.byteLength, 1)
  return [header, bytes]
}

export function decodeFrames(frames: Uint8Array): EventBatch['events'] {
  const all = Buffer.from(frames.buffer, frames.byteOffset, frames.byteLength)
  const events: NewEvent[] = []
  for (let at = 0; at < all.length; ) {
    const kind = all.readUInt8(at)
    const start = at + HEADER_BYTES
    at = start + all.readUInt32BE(at + 1)
    events.push(decodeFrame(kind, all.subarray(start, at)))
  }
  return events
}

function decodeFrame(kind: number, bytes: Buffer): NewEvent {
  if (kind === KINDS.stdout) return { type: 'output', stream: 'stdout', bytes }
  if (kind === KINDS.stderr) return { type: 'output', stream: 'stderr', bytes }
  const [name, sinceStartMs] = bytes.toString().split(' ')
  const phase = PHASES.find((known) => known === name)
  if (kind !== KINDS.phase || phase === undefined) {
    throw new Error(`the store holds an event of an unknown kind: ${kind}`)
  }
  return { type: 'phase', phase, sinceStartMs: Number(sinceStartMs) }
}
