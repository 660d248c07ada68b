import type { Engine } from '@vulcan/engine'
import type { OutputStream, Workload } from '@vulcan/schema'
import { toWorkloadView } from '../workload-view.ts'
import { base64Pieces } from './base64-pieces.ts'

/**
 * The JSON of an ended workload with much output, in pieces: 32 MiB of output are 90 MB of JSON, and
 * none of them is in memory for longer than its client takes to read it.
 */
export async function* streamWorkload(
  engine: Engine,
  workload: Workload,
): AsyncGenerator<string, void, undefined> {
  const { output: _, stdout: _out, stderr: _err, ...rest } = toWorkloadView(workload)
  yield JSON.stringify(rest).slice(0, -1)
  const members = {
    output: ['stdout', 'stderr'],
    stdout: ['stdout'],
    stderr: ['stderr'],
  } satisfies Record<string, readonly OutputStream[]>
  for (const [name, streams] of Object.entries(members)) {
    yield `,"${name}":"`
    yield* base64Pieces(bytesOf(engine, workload, streams))
    yield '"'
  }
  yield '}'
}

async function* bytesOf(
  engine: Engine,
  { id }: Workload,
  streams: readonly OutputStream[],
): AsyncGenerator<Uint8Array, void, undefined> {
  for (const stream of streams) {
    yield* engine.output(id, stream)
  }
}
