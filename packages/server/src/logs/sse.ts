import type { Engine } from '@vulcan/engine'
import { isFinal } from '@vulcan/schema'
import { type Line, LineAssembler } from './line-assembler.ts'
import { type LogSelection, logEvents } from './log-events.ts'

/** A comment, which readers skip. */
const HEARTBEAT = ': heartbeat\n\n'
const DONE = 'event: done\ndata: stream complete\n\n'

/**
 * The lines of a workload as server-sent events without a name, then one that is named `done`. An
 * id is the line's number, so that whoever comes back with it misses nothing: what came before is
 * read again, and not sent.
 */
export async function* sseLogs(
  engine: Engine,
  selection: LogSelection,
): AsyncGenerator<string, void, undefined> {
  const { after = -1, stream, workloadId } = selection
  const isWanted = (line: Line) =>
    line.seq > after && (stream === undefined || line.stream === stream)
  const assembler = new LineAssembler()
  for await (const event of logEvents(engine, selection, -1)) {
    if (event === null) yield HEARTBEAT
    else yield* asEvents(assembler.push(event).filter(isWanted))
  }
  const { status } = await engine.get(workloadId)
  if (isFinal(status)) yield* asEvents(assembler.finish().filter(isWanted))
  yield DONE
}

function asEvents(lines: readonly Line[]): string[] {
  if (lines.length === 0) return []
  return [lines.map(({ seq, text }) => `id: ${seq}\ndata: ${text}\n\n`).join('')]
}
