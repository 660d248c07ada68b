import type { Engine } from '@vulcan/engine'
import type { OutputStream, Workload } from '@vulcan/schema'

/** More output than this is not held in memory for an answer: it is read as it is sent. */
const HELD_BYTES_MAX = 256 * 1024

export type Output = Readonly<Record<OutputStream, Buffer>>

/**
 * What an ended workload wrote, each stream up to its limit; undefined when that is too much to be
 * held.
 */
export async function readOutput(engine: Engine, workload: Workload): Promise<Output | undefined> {
  const pieces: Record<OutputStream, Uint8Array[]> = { stdout: [], stderr: [] }
  const left = { stdout: workload.outputLimitBytes, stderr: workload.outputLimitBytes }
  let heldBytes = 0
  for await (const event of engine.events(workload.id, { follow: false })) {
    if (event.type !== 'output') continue
    const piece = event.bytes.subarray(0, left[event.stream])
    left[event.stream] -= piece.byteLength
    heldBytes += piece.byteLength
    if (heldBytes > HELD_BYTES_MAX) return undefined
    pieces[event.stream].push(piece)
  }
  return { stdout: Buffer.concat(pieces.stdout), stderr: Buffer.concat(pieces.stderr) }
}
