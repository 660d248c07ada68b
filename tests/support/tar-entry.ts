const BLOCK_BYTES = 512

/** One entry of a tar archive, as hostile as a test wants it: nothing is checked. */
export function tarEntry(options: {
  readonly path: string
  /** `0` a file, `1` a hard link, `2` a symbolic link, `3` a device. */
  readonly type?: string
  readonly link?: string
  readonly content?: string
  /** What the header says; otherwise the length of the content. */
  readonly claimedBytes?: number
}): Buffer {
  const { path, type = '0', link = '', content = '' } = options
  const data = Buffer.from(content)
  const header = Buffer.alloc(BLOCK_BYTES)
  header.write(path, 0)
  header.write('0000644\0', 100)
  header.write('0000000\0', 108)
  header.write('0000000\0', 116)
  writeSize(header, options.claimedBytes ?? data.length)
  header.write('00000000000\0', 136)
  header.write(' '.repeat(8), 148)
  header.write(type, 156)
  header.write(link, 157)
  header.write('ustar\u000000', 257, 'latin1')
  const checksum = header.reduce((sum, byte) => sum + byte, 0)
  header.write(`${checksum.toString(8).padStart(6, '0')}\0 `, 148)
  return Buffer.concat([header, data, Buffer.alloc(-data.length & (BLOCK_BYTES - 1))])
}

/** In base 256, as GNU tar does it, since octal digits end at 8 GiB. */
function writeSize(header: Buffer, bytes: number): void {
  header.writeUInt8(0x80, 124)
  header.writeBigUInt64BE(BigInt(bytes), 128)
}
