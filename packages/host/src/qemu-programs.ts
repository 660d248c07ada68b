import { join } from 'node:path'
import type { FirecrackerConfig, Layout } from '@vulcan/backend-firecracker'
import { findProgram, isExecutable } from './find-program.ts'

/** What brings back a program of ours that is not there. */
export const SET_UP = 'run "make demo" in the clone, or install Vulcan anew'

/** What vulcan-vmm runs. */
export interface QemuPrograms {
  readonly qemu: string
  readonly vhostDeviceVsock: string
}

/** A program that is not there, and what brings it. */
export interface MissingProgram {
  readonly finding: string
  readonly remedy: string
}

/** Where QEMU is in `PATH`. */
export async function findQemu({
  searchPath,
}: FirecrackerConfig): Promise<string | MissingProgram> {
  const path = await findProgram(searchPath, 'qemu-system-x86_64')
  if (path !== undefined) return path
  return {
    finding: `qemu-system-x86_64 is not installed, or not in PATH (${searchPath})`,
    remedy: 'install it: "apt-get install qemu-system-x86" on Debian and Ubuntu',
  }
}

/** The vsock device for QEMU is one of our own programs. */
export async function findVsockDevice({ libexecDir }: Layout): Promise<string | MissingProgram> {
  const path = join(libexecDir, 'vhost-device-vsock')
  if (await isExecutable(path)) return path
  return { finding: `${path} is missing, which QEMU needs for its guests`, remedy: SET_UP }
}

/** All that QEMU needs, or the first that is not there. */
export async function findQemuPrograms(
  layout: Layout,
  config: FirecrackerConfig,
): Promise<QemuPrograms | MissingProgram> {
  const [qemu, vhostDeviceVsock] = await Promise.all([findQemu(config), findVsockDevice(layout)])
  if (typeof qemu !== 'string') return qemu
  if (typeof vhostDeviceVsock !== 'string') return vhostDeviceVsock
  return { qemu, vhostDeviceVsock }
}
