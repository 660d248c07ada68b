import { readFile } from 'node:fs/promises'
import { hasErrno } from '@vulcan/schema'
import type * as z from 'zod'

/** The lines of a file to which whole lines of JSON are appended; none where there is no file. */
export async function readLines<Schema extends z.ZodType>(
  path: string,
  schema: Schema,
): Promise<z.infer<Schema>[]> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (hasErrno(error, 'ENOENT')) return ''
    throw error
  })
  // What follows the last newline was cut off by the writer's death, before it went on.
  const lines = text.split('\n').slice(0, -1)
  return lines.map((line) => schema.parse(JSON.parse(line)))
}
