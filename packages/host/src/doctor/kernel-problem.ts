import { open } from 'node:fs/promises'

const HEADER_BYTES = 64
const EM_X86_64 = 62
const ET_EXEC = 2
const PROGRAM_HEADER_BYTES = 56
const PROGRAM_HEADERS_MAX = 64

/**
 * What is wrong with a kernel file, as far as its own tables tell: a VMM takes an ELF vmlinux, and
 * of all that its program headers name (elf(5)) nothing may lie beyond the end. Undefined when all
 * is well.
 */
export async function kernelProblem(path: string): Promise<string | undefined> {
  await using file = await open(path)
  const stats = await file.stat()
  if (stats.isDirectory()) return 'it is a directory'
  const { size } = stats
  const header = Buffer.alloc(HEADER_BYTES)
  await file.read(header, 0, HEADER_BYTES, 0)
  const isElf64 = header.subarray(0, 6).equals(Buffer.from('\x7fELF\x02\x01'))
  if (!isElf64 || header.readUInt16LE(18) !== EM_X86_64) return 'it is not an ELF file for x86-64'
  if (header.readUInt16LE(16) !== ET_EXEC) return 'it is a program or library of a system'
  const count = Math.min(header.readUInt16LE(56), PROGRAM_HEADERS_MAX)
  const table = Buffer.alloc(count * PROGRAM_HEADER_BYTES)
  await file.read(table, 0, table.length, Number(header.readBigUInt64LE(32)))
  const ends = Array.from({ length: count }, (_, index) => {
    const at = index * PROGRAM_HEADER_BYTES
    return table.readBigUInt64LE(at + 8) + table.readBigUInt64LE(at + 32)
  })
  return ends.some((end) => end > size) ? `it ends after ${size} bytes, too early` : undefined
}
