import type { Engine } from '@vulcan/engine'
import { isFinal } from '@vulcan/schema'
import { withHeartbeats } from './heartbeats.ts'
import { type Line, LineAssembler } from './line-assembler.ts'
import type { LogSelection } from './log-selection.ts'

/** A comment, which readers skip. */
const HEARTBEAT = ': heartbeat\n\n'
const DONE = 'event: done\ndata: stream complete\n\n'

/**
 * The lines of a workload as server-sent events without a name, then one that is named `done`. An
 * id is the line's number, so that whoever comes back with it misses nothing: what came before is
 * read again, and not sent.
 */
export function sseLogs(
  engine: Engine,
  selection: LogSelection,
): AsyncGenerator<string, void, undefined> {
  return withHeartbeats(finishedLines(engine, selection), selection, HEARTBEAT)
}

async function* finishedLines(
  engine: Engine,
  { workloadId, stream, after = -1, follow, signal }: LogSelection,
): AsyncGenerator<string, void, undefined> {
  const isWanted = (line: Line) =>
    line.seq > after && (stream === undefined || line.stream === stream)
  const assembler = new LineAssembler()
  for await (const event of engine.events(workloadId, { follow, signal })) {
    yield* asEvents(assembler.push(event).filter(isWanted))
  }
  const { status } = await engine.get(workloadId)
  if (isFinal(status)) yield* asEvents(assembler.finish().filter(isWanted))
  yield DONE
}

function asEvents(lines: readonly Line[]): string[] {
  if (lines.length === 0) return []
  return [lines.map(({ seq, text }) => `id: ${seq}\ndata: ${text}\n\n`).join('')]
}
