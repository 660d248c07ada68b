import { type FileHandle, mkdir, open, readdir, readFile, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { hasErrno, WorkloadSpec } from '@vulcan/schema'
import * as z from 'zod'

/**
 * Code and environment of workloads that had to wait and have not ended: a file each, which only this
 * user can read.
 *
 * ```
 * ┌──────────────┬────────────────────────┬──────────────┬───────┐
 * │ length of    │ JSON: the spec, with   │ code archive │ input │
 * │ JSON, 4 (BE) │ lengths for its bytes  │              │       │
 * └──────────────┴────────────────────────┴──────────────┴───────┘
 * ```
 */
export class SpecFiles {
  readonly #directory: string
  /** Who has a file: most never have one, and are not to wait for its deletion. */
  readonly #ids: Set<string>
  #lastSync: Promise<void> = Promise.resolve()
  #nextSync: Promise<void> | undefined

  private constructor(directory: string, ids: readonly string[]) {
    this.#directory = directory
    this.#ids = new Set(ids)
  }

  static async open(directory: string): Promise<SpecFiles> {
    await mkdir(directory, { recursive: true, mode: 0o700 })
    return new SpecFiles(directory, await readdir(directory))
  }

  /** Durable when it resolves. False: there is one for this id. */
  async write(spec: WorkloadSpec): Promise<boolean> {
    const path = this.#path(spec.id)
    this.#ids.add(spec.id)
    try {
      await using file = await open(path, 'wx', 0o600)
      await writeWhole(file, encode(spec))
      // At once: a file system with a journal writes that once for both.
      await Promise.all([file.sync(), this.#syncNames()])
    } catch (error) {
      if (hasErrno(error, 'EEXIST')) return false
      await this.delete(spec.id)
      throw error
    }
    return true
  }

  async read(id: string): Promise<WorkloadSpec | undefined> {
    try {
      return decode(await readFile(this.#path(id)))
    } catch (error) {
      if (hasErrno(error, 'ENOENT')) return undefined
      throw error
    }
  }

  async delete(id: string): Promise<void> {
    if (!this.#ids.has(id)) return
    try {
      // Not `rm`, which asks in the way of all others what it is before it deletes it.
      await unlink(this.#path(id))
    } catch (error) {
      if (!hasErrno(error, 'ENOENT')) throw error
    }
    this.#ids.delete(id)
  }

  /** Deletes the specs of those who do not need one: what a crash has left. */
  async keepOnly(isNeeded: (id: string) => boolean): Promise<void> {
    const doomed = [...this.#ids].filter((id) => !isNeeded(id))
    await Promise.all(doomed.map((id) => this.delete(id)))
  }

  /** A file's name is durable when its directory is; those who wait for that share it. */
  #syncNames(): Promise<void> {
    // One that goes on may have begun before the name was there.
    this.#nextSync ??= this.#lastSync
      .catch(() => undefined)
      .then(async () => {
        this.#nextSync = undefined
        await using directory = await open(this.#directory, 'r')
        await directory.sync()
      })
    this.#lastSync = this.#nextSync
    return this.#nextSync
  }

  #path(id: string): string {
    return join(this.#directory, id)
  }
}

const Lengths = z.object({ codeArchive: z.int().nullable(), input: z.int().nullable() })
const Header = z.object({ spec: z.record(z.string(), z.unknown()), lengths: Lengths })

function encode({ codeArchive, input, ...spec }: WorkloadSpec): Uint8Array[] {
  const lengths = {
    codeArchive: codeArchive?.byteLength ?? null,
    input: input?.byteLength ?? null,
  }
  const json = Buffer.from(JSON.stringify({ spec, lengths }))
  const length = Buffer.alloc(4)
  length.writeUInt32BE(json.byteLength)
  const parts = [length, json, codeArchive, input]
  return parts.filter((part) => part !== undefined && part.byteLength > 0) as Uint8Array[]
}

/** A disk that gets full is no error of `writev`, which then writes less. */
async function writeWhole(file: FileHandle, parts: readonly Uint8Array[]): Promise<void> {
  const { bytesWritten } = await file.writev(parts)
  if (bytesWritten === parts.reduce((sum, { byteLength }) => sum + byteLength, 0)) return
  // Goes on where that stopped, until all is written or the reason shows.
  await file.writeFile(Buffer.concat(parts).subarray(bytesWritten))
}

/** Throws for a file that is not whole: a program never gets part of its input. */
function decode(bytes: Buffer): WorkloadSpec {
  let at = 4 + bytes.readUInt32BE()
  const { spec, lengths } = Header.parse(JSON.parse(bytes.toString('utf8', 4, at)))
  const take = (length: number | null) => {
    if (length === null) return undefined
    at += length
    return bytes.subarray(at - length, at)
  }
  const codeArchive = take(lengths.codeArchive)
  const input = take(lengths.input)
  if (at !== bytes.byteLength) {
    throw new Error(`the file of workload ${spec['id']} has ${bytes.byteLength} bytes, not ${at}`)
  }
  return WorkloadSpec.parse({ ...spec, codeArchive, input })
}
