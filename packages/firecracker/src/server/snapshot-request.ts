import type { SnapshotLoad } from '../schemas/snapshot.ts'
import { Fault } from './fault.ts'

/** Throws `Fault` unless exactly one of the two ways to name the memory is there. */
export function refuseWrongMemoryBackend({ memBackend, memFilePath }: SnapshotLoad): void {
  const named = Number(memBackend !== undefined) + Number(memFilePath !== undefined)
  if (named === 1) return
  const what =
    named === 0
      ? 'missing field: either `mem_backend` or `mem_file_path` is required'
      : 'too many fields: either `mem_backend` or `mem_file_path` exclusively is required'
  throw new Fault(`An error occurred when deserializing the json body of a request: ${what}.`)
}
