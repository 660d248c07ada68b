const TRAILER = 'TRAILER!!!'
const ALIGNMENT_BYTES = 4

/** A file (with `data`) or a directory (without) of an archive, owned by root. */
export interface CpioEntry {
  /** Without a leading slash. */
  readonly path: string
  /** Permission bits. */
  readonly mode: number
  readonly data?: Buffer
}

const S_IFREG = 0o100000
const S_IFDIR = 0o040000

/**
 * Writes a cpio archive in the "newc" format, which the kernel takes as an initrd: for every entry
 * a header of "070701" and 13 fields of 8 hexadecimal digits, the name with a NUL, the data, each
 * padded to four bytes. The same entries, in any order, give the same bytes: times are 0, inodes
 * are counted, names sorted (so that a directory comes before what is in it).
 *
 * Source: Documentation/driver-api/early-userspace/buffer-format.rst of Linux.
 */
export function writeCpio(entries: readonly CpioEntry[]): Buffer {
  const sorted = entries.toSorted((a, b) => (a.path < b.path ? -1 : 1))
  const chunks = sorted.flatMap((entry, index) => encodeEntry(entry, index + 1))
  return Buffer.concat([...chunks, ...encodeEntry({ path: TRAILER, mode: 0 }, 0)])
}

function encodeEntry({ path, mode, data }: CpioEntry, inode: number): Buffer[] {
  const isTrailer = path === TRAILER
  const fields = [
    inode,
    isTrailer ? 0 : mode | (data ? S_IFREG : S_IFDIR),
    0, // uid
    0, // gid
    data || isTrailer ? 1 : 2, // links
    0, // modification time
    data?.length ?? 0,
    0, // major and minor of the archive's device
    0,
    0, // major and minor of a device node
    0,
    Buffer.byteLength(path) + 1,
    0, // checksum, unused in this format
  ]
  const header = `070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}`
  return [pad(Buffer.from(`${header}${path}\0`)), pad(data ?? Buffer.alloc(0))]
}

function pad(chunk: Buffer): Buffer {
  const missing = -chunk.length & (ALIGNMENT_BYTES - 1)
  return missing === 0 ? chunk : Buffer.concat([chunk, Buffer.alloc(missing)])
}
