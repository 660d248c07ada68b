import type { Engine } from '@vulcan/engine'
import { isFinal, type LogHistory, type Workload } from '@vulcan/schema'
import { toTime } from '../workload-view.ts'
import { type Line, LineAssembler } from './line-assembler.ts'

/**
 * The JSON of a `LogHistory`, in pieces: ten million lines can be stored, and are nowhere at once. The
 * last line of a workload that runs may still grow, and is left out.
 */
export async function* streamHistory(
  engine: Engine,
  { id, status }: Workload,
): AsyncGenerator<string, void, undefined> {
  const assembler = new LineAssembler()
  let separator = ''
  const asItems = function* (lines: readonly Line[]) {
    if (lines.length === 0) return
    yield separator + lines.map((line) => JSON.stringify(toItem(line))).join()
    separator = ','
  }
  yield `{"workload_id":${JSON.stringify(id)},"lines":[`
  for await (const event of engine.events(id, { follow: false })) {
    yield* asItems(assembler.push(event))
  }
  if (isFinal(status)) yield* asItems(assembler.finish())
  yield ']}'
}

function toItem({ seq, text, atMs }: Line): LogHistory['lines'][number] {
  return { seq, line: text, created_at: toTime(atMs) }
}
