import { type Engine, isFinal } from '@vulcan/engine'
import type { LogHistory, Workload } from '@vulcan/schema'
import { toTime } from '../workload-view.ts'
import { LineAssembler } from './line-assembler.ts'

/** All lines that are stored; the last one of a workload that runs may still grow, and is left out. */
export async function readHistory(engine: Engine, { id, status }: Workload): Promise<LogHistory> {
  const assembler = new LineAssembler()
  const lines = []
  for await (const event of engine.events(id, { follow: false })) {
    lines.push(...assembler.push(event))
  }
  if (isFinal(status)) lines.push(...assembler.finish())
  return {
    workload_id: id,
    lines: lines.map(({ seq, text, atMs }) => ({ seq, line: text, created_at: toTime(atMs) })),
  }
}
