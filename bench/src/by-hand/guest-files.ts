import { join } from 'node:path'
import type { Runtime } from '@vulcan/schema'
import type { Guest } from '../facts/guest.ts'

/** What a VM started by hand is started with: the files that the measured servers use. */
export interface GuestFiles {
  /** Of an own place: what it links is what its host uses. */
  readonly homeDir: string
  readonly libexecDir: string
  readonly guest: Guest
}

/** Of one VM. */
export interface HandMade {
  readonly kernel: string
  readonly initrd: string
  readonly rootfs: string
  readonly scratch: string
  readonly commandLine: string
  readonly udsPath: string
  readonly memMib: number
  readonly vcpus: number
  /** In which the VMM may put what it needs. */
  readonly directory: string
}

/** The shape of a workload that asks for none. */
const SHAPE = { memMib: 512, vcpus: 1 }

export function handMade(
  { homeDir, guest }: GuestFiles,
  runtime: Runtime,
  directory: string,
): HandMade {
  return {
    kernel: join(homeDir, 'vmlinux'),
    initrd: join(homeDir, 'initrd'),
    rootfs: join(homeDir, 'rootfs', `${runtime}.ext4`),
    scratch: join(directory, 'scratch.ext4'),
    commandLine: guest.commandLine,
    udsPath: join(directory, 'v.sock'),
    directory,
    ...SHAPE,
  }
}
