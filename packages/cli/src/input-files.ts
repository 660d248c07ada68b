import { open } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { UsageError } from './usage-error.ts'

/** Reads a file for the guest. Throws `UsageError` when it cannot be read or is over the limit. */
export async function readBounded(path: string, limitBytes: number): Promise<Buffer> {
  try {
    await using file = await open(path)
    const stats = await file.stat()
    if (stats.isDirectory()) throw new UsageError(`cannot read ${path}: it is a directory`)
    if (stats.size > limitBytes) throw tooLarge(path, limitBytes)
    return await readAll(file.createReadStream({ autoClose: false }), limitBytes, path)
  } catch (cause) {
    throw cause instanceof UsageError ? cause : cannotRead(path, cause)
  }
}

/** Reads a stream to its end. Throws `UsageError` over the limit. */
export async function readAll(stream: Readable, limitBytes: number, what: string): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength
    if (bytes > limitBytes) throw tooLarge(what, limitBytes)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** A file or directory of the user that the system does not let us read, in words. */
export function cannotRead(path: string, cause: unknown): UsageError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  const words: Readonly<Record<string, string>> = {
    ENOENT: 'no such file or directory',
    EACCES: 'permission denied',
    ENOTDIR: 'a part of its path is no directory',
  }
  return new UsageError(`cannot read ${path}: ${words[code] ?? String(cause)}`, { cause })
}

function tooLarge(what: string, limitBytes: number): UsageError {
  return new UsageError(`${what} is larger than the limit of ${limitBytes} bytes`)
}
