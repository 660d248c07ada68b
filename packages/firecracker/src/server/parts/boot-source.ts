import type { BootSource } from '../../schemas/boot-source.ts'
import { Fault } from '../fault.ts'
import { checkCanOpen } from './check-can-open.ts'

/** Firecracker's buffer of 2048 bytes ends with a zero byte. */
const BOOT_ARGS_BYTES_MAX = 2047

export async function checkBootSource(source: BootSource): Promise<void> {
  await checkCanOpen(source.kernelImagePath, 'read', (reason) => {
    return `Boot source error: The kernel file cannot be opened: ${reason}`
  })
  if (source.initrdPath !== undefined) {
    await checkCanOpen(source.initrdPath, 'read', (reason) => {
      return `Boot source error: The initrd file cannot be opened due to invalid path or invalid permissions. ${reason}`
    })
  }
  const lengthBytes = Buffer.byteLength(source.bootArgs ?? '')
  if (lengthBytes > BOOT_ARGS_BYTES_MAX) {
    throw new Fault(
      `Boot source error: The kernel command line is invalid: ${lengthBytes} bytes, at most ${BOOT_ARGS_BYTES_MAX} fit`,
    )
  }
}
