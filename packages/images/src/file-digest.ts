import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'

const READ_BYTES = 1024 * 1024

/** The SHA-256 of a file's content, in hexadecimal. Throws the signal's reason. */
export async function fileSha256(path: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path, { highWaterMark: READ_BYTES })) {
    signal?.throwIfAborted()
    hash.update(chunk)
  }
  return hash.digest('hex')
}

/** The SHA-256 of a value's JSON text. */
export function jsonSha256(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex')
}
