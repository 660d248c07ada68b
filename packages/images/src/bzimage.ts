import { constants as zlib, zstdDecompressSync } from 'node:zlib'
import { KernelFormatError } from './errors.ts'

const ZSTD_MAGIC = 0xfd2fb528
const VMLINUX_LIMIT_BYTES = 512 * 1024 * 1024
const SECTOR_BYTES = 512

/**
 * Takes the ELF `vmlinux` out of an x86 bzImage whose payload is compressed with zstd.
 *
 *     0x1f1 u8   setup_sects: sectors of real-mode code after the boot sector; 0 means 4
 *     0x202 4    "HdrS"
 *     0x206 u16  protocol; the payload is described from 2.08 on
 *     0x248 u32  payload_offset, from the end of the real-mode code
 *     0x24c u32  payload_length; the last four bytes are the size when decompressed
 *
 * Source: Documentation/arch/x86/boot.rst of Linux. Throws `kernel_format`.
 */
export function extractVmlinux(bzImage: Buffer): Buffer {
  if (bzImage.length < 0x250 || bzImage.toString('latin1', 0x202, 0x206) !== 'HdrS') {
    throw new KernelFormatError('it is not a bzImage')
  }
  if (bzImage.readUInt16LE(0x206) < 0x208) {
    throw new KernelFormatError('its boot protocol is older than 2.08')
  }
  const setupSectors = bzImage.readUInt8(0x1f1) || 4
  const start = (setupSectors + 1) * SECTOR_BYTES + bzImage.readUInt32LE(0x248)
  const end = start + bzImage.readUInt32LE(0x24c)
  if (end > bzImage.length || end - start < 8) {
    throw new KernelFormatError('its payload lies outside of the file')
  }
  const vmlinux = decompress(bzImage.subarray(start, end - 4), bzImage.readUInt32LE(end - 4))
  checkElf(vmlinux)
  return vmlinux
}

function decompress(payload: Buffer, sizeBytes: number): Buffer {
  if (payload.readUInt32LE(0) !== ZSTD_MAGIC) {
    throw new KernelFormatError('its payload is not compressed with zstd')
  }
  if (sizeBytes > VMLINUX_LIMIT_BYTES) {
    throw new KernelFormatError(`it would have ${sizeBytes} bytes when decompressed`)
  }
  let vmlinux: Buffer
  try {
    vmlinux = zstdDecompressSync(payload, {
      maxOutputLength: sizeBytes,
      // Kernels are compressed with the largest window that zstd has for 64 bits.
      params: { [zlib.ZSTD_d_windowLogMax]: 31 },
    })
  } catch (cause) {
    throw new KernelFormatError('its payload cannot be decompressed', { cause })
  }
  if (vmlinux.length !== sizeBytes) {
    throw new KernelFormatError(`it has ${vmlinux.length} bytes where ${sizeBytes} were announced`)
  }
  return vmlinux
}

function checkElf(vmlinux: Buffer): void {
  const isElf64LittleEndian = vmlinux.subarray(0, 6).equals(Buffer.from('\x7fELF\x02\x01'))
  const EM_X86_64 = 62
  if (!isElf64LittleEndian || vmlinux.length < 64 || vmlinux.readUInt16LE(18) !== EM_X86_64) {
    throw new KernelFormatError('its payload is not an ELF file for x86-64')
  }
}
