import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { extractVmlinux } from '../src/bzimage.ts'
import { KernelFormatError } from '../src/errors.ts'

test('the ELF kernel comes out of a bzImage as it went in', () => {
  const vmlinux = elfKernel()
  assert.deepEqual(extractVmlinux(bzImage(vmlinux)), vmlinux)
})

test('no setup sectors mean four', () => {
  const vmlinux = elfKernel()
  assert.deepEqual(extractVmlinux(bzImage(vmlinux, { setupSectors: 0 })), vmlinux)
})

const broken: Record<string, [Buffer, RegExp]> = {
  'a file that is no bzImage': [Buffer.alloc(4096), /not a bzImage/],
  'a file that ends in its header': [bzImage(elfKernel()).subarray(0, 0x210), /not a bzImage/],
  'a boot protocol without a payload': [
    bzImage(elfKernel(), { protocol: 0x207 }),
    /older than 2.08/,
  ],
  'a file that is cut off': [bzImage(elfKernel()).subarray(0, -100), /outside of the file/],
  'another compression': [bzImage(elfKernel(), { compress: gzipSync }), /not compressed with zstd/],
  'a payload that does not decompress': [bzImage(elfKernel(), { corrupt: true }), /decompressed/],
  'a size that is too small': [bzImage(elfKernel(), { announcedBytes: 100 }), /decompressed/],
  'a size that is too large': [bzImage(elfKernel(), { announcedBytes: 10_000 }), /announced/],
  'an absurd size': [bzImage(elfKernel(), { announcedBytes: 0xffffffff }), /4294967295 bytes/],
  'a payload that is no ELF file': [bzImage(Buffer.alloc(5000, 'x')), /not an ELF file/],
  'a kernel for another machine': [bzImage(elfKernel({ machine: 183 })), /not an ELF file/],
}

for (const [what, [image, message]] of Object.entries(broken)) {
  test(`${what} is refused with a typed error`, () => {
    assert.throws(
      () => extractVmlinux(image),
      (error) => {
        assert.ok(error instanceof KernelFormatError)
        assert.match(error.message, message)
        return true
      },
    )
  })
}

function elfKernel({ machine = 62 } = {}): Buffer {
  const elf = Buffer.alloc(5000)
  elf.write('\x7fELF\x02\x01\x01', 'latin1')
  elf.writeUInt16LE(machine, 18)
  for (let index = 64; index < elf.length; index++) elf[index] = (index * index) % 251
  return elf
}

function bzImage(
  vmlinux: Buffer,
  {
    setupSectors = 3,
    protocol = 0x20f,
    announcedBytes = vmlinux.length,
    compress = (data: Buffer): Buffer => zstdCompressSync(data),
    corrupt = false,
  } = {},
): Buffer {
  const compressed = compress(vmlinux)
  if (corrupt) compressed.fill(0xff, 8, 40)
  const size = Buffer.alloc(4)
  size.writeUInt32LE(announcedBytes)
  const payload = Buffer.concat([compressed, size])
  const payloadOffset = 700
  const header = Buffer.alloc(((setupSectors || 4) + 1) * 512 + payloadOffset)
  header.writeUInt8(setupSectors, 0x1f1)
  header.write('HdrS', 0x202)
  header.writeUInt16LE(protocol, 0x206)
  header.writeUInt32LE(payloadOffset, 0x248)
  header.writeUInt32LE(payload.length, 0x24c)
  return Buffer.concat([header, payload, Buffer.alloc(64)])
}
