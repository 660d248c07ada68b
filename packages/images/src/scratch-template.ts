import { createHash } from 'node:crypto'
import { open, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod'
import type { Artefact } from './artefact.ts'
import { ImageDamagedError } from './errors.ts'
import { MKE2FS_ENVIRONMENT, MKE2FS_OPTIONS } from './ext4.ts'
import { runProgram } from './run-program.ts'

/** Raised when the code that builds changes what comes out. */
const REVISION = 1
const MIB = 1024 * 1024
const BLOCK_BYTES = 4096
const READ_BYTES = 4 * MIB
const MKE2FS_DEADLINE_MS = 5 * 60_000
/** A file for every 8 KiB, twice as many as mke2fs would take: packages of npm are that small. */
const BYTES_PER_INODE = 8192
/** Zeroed inode tables, 256 bytes for each inode, take 1/32 while the template is made. */
const INODE_TABLES_SHARE = 32
const EXTENTS_LIMIT = 4096

export const TEMPLATE_FILE = 'template'

const extentSchema = z.tuple([z.int().nonnegative(), z.int().positive()])

const indexSchema = z.strictObject({
  format: z.literal(1),
  size_bytes: z.int().positive(),
  /** Offset in the drive, length; the data of all follow each other after the index. */
  extents: z.array(extentSchema).max(EXTENTS_LIMIT),
  data_sha256: z.string(),
})

/** A piece of a drive that is no hole. */
interface Extent {
  readonly offset: number
  readonly data: Buffer
}

export interface ScratchTemplate {
  readonly sizeBytes: number
  readonly extents: readonly Extent[]
}

/** The template of scratch drives of a size: an empty ext4, reduced to what is not zero in it. */
export function scratchArtefact(sizeMib: number): Artefact {
  const name = `scratch-${sizeMib}`
  const options = [...MKE2FS_OPTIONS, '-i', String(BYTES_PER_INODE), '-L', 'scratch']
  return {
    name,
    kind: 'scratch',
    recipe: { revision: REVISION, sizeMib, options, environment: MKE2FS_ENVIRONMENT },
    neededBytes: Math.ceil(sizeMib / INODE_TABLES_SHARE) * MIB + 16 * MIB,
    links: {},
    async build({ output, work }, context) {
      const drive = join(work, 'drive')
      await runProgram({
        program: 'mke2fs',
        aptPackage: 'e2fsprogs',
        args: [...options, drive, `${sizeMib}M`],
        env: MKE2FS_ENVIRONMENT,
        deadlineMs: MKE2FS_DEADLINE_MS,
        signal: context.signal,
      })
      const template = await readTemplateFromDrive(drive, context.signal)
      await writeFile(join(output, TEMPLATE_FILE), encodeTemplate(template))
      return { size: `${sizeMib} MiB` }
    },
  }
}

/** Reads what is not zero in a drive, in blocks. Node has no door to SEEK_DATA. */
async function readTemplateFromDrive(
  path: string,
  signal: AbortSignal | undefined,
): Promise<ScratchTemplate> {
  await using drive = await open(path, 'r')
  const { size: sizeBytes } = await drive.stat()
  const zeros = Buffer.alloc(READ_BYTES)
  const chunk = Buffer.alloc(READ_BYTES)
  const extents: Extent[] = []
  for (let position = 0; position < sizeBytes; position += READ_BYTES) {
    signal?.throwIfAborted()
    const { bytesRead } = await drive.read(chunk, 0, READ_BYTES, position)
    if (chunk.subarray(0, bytesRead).equals(zeros.subarray(0, bytesRead))) continue
    for (let start = 0; start < bytesRead; start += BLOCK_BYTES) {
      const block = chunk.subarray(start, Math.min(start + BLOCK_BYTES, bytesRead))
      if (block.equals(zeros.subarray(0, block.length))) continue
      extents.push({ offset: position + start, data: Buffer.from(block) })
    }
  }
  return { sizeBytes, extents: mergeNeighbours(extents) }
}

function mergeNeighbours(extents: readonly Extent[]): Extent[] {
  const merged: { offset: number; blocks: Buffer[]; end: number }[] = []
  for (const { offset, data } of extents) {
    const last = merged.at(-1)
    if (last?.end === offset) {
      last.blocks.push(data)
      last.end += data.length
    } else {
      merged.push({ offset, blocks: [data], end: offset + data.length })
    }
  }
  return merged.map(({ offset, blocks }) => ({ offset, data: Buffer.concat(blocks) }))
}

/** A template as a file: the index as one line of JSON, then the data. */
function encodeTemplate({ sizeBytes, extents }: ScratchTemplate): Buffer {
  const data = Buffer.concat(extents.map((extent) => extent.data))
  const index: z.infer<typeof indexSchema> = {
    format: 1,
    size_bytes: sizeBytes,
    extents: extents.map((extent) => [extent.offset, extent.data.length]),
    data_sha256: sha256(data),
  }
  return Buffer.concat([Buffer.from(`${JSON.stringify(indexSchema.parse(index))}\n`), data])
}

/** Reads the content of a template file; `path` is for the message. Throws `image_damaged`. */
export function decodeTemplate(path: string, file: Buffer): ScratchTemplate {
  const indexEnd = file.indexOf('\n')
  const data = file.subarray(indexEnd + 1)
  const index = parseIndex(path, file.toString('utf8', 0, Math.max(indexEnd, 0)))
  if (sha256(data) !== index.data_sha256) {
    throw new ImageDamagedError(path, 'the data are not what the index was made for')
  }
  let start = 0
  const extents = index.extents.map(([offset, length]) => {
    const extent = { offset, data: data.subarray(start, start + length) }
    start += length
    if (offset + length > index.size_bytes || start > data.length) {
      throw new ImageDamagedError(path, `an extent at ${offset} lies outside`)
    }
    return extent
  })
  return { sizeBytes: index.size_bytes, extents }
}

function parseIndex(path: string, text: string): z.infer<typeof indexSchema> {
  try {
    return indexSchema.parse(JSON.parse(text))
  } catch (cause) {
    throw new ImageDamagedError(path, 'the index cannot be read', { cause })
  }
}

function sha256(data: Buffer): string {
  return createHash('sha256').update(data).digest('hex')
}
