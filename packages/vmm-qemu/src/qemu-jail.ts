import { existsSync, type Stats } from 'node:fs'
import { stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Fault, type MachineConfiguration } from '@vulcan/firecracker/api'
import { INSIDE } from './inside.ts'
import type { Bind, Jail } from './jail.ts'
import type { MachineHost } from './machine-host.ts'
import { tapsOf } from './network-arguments.ts'

const KVM = '/dev/kvm'
/** Drives, event descriptors of devices, vhost-user and the emulator itself. */
const OPEN_FILES_MAX = 1024
/** What a dynamically linked program needs, on systems with and without a merged /usr. */
const LIBRARIES = ['/usr/lib', '/usr/lib64', '/usr/local/lib', '/lib', '/lib64', '/etc/ld.so.cache']

/** QEMU's jail: the emulator with its libraries and firmware, and the files of the one machine. */
export async function qemuJail(
  configuration: MachineConfiguration,
  host: MachineHost,
  vhostUserPath: string | undefined,
): Promise<Jail> {
  const useKvm = host.accelerator === 'kvm'
  const device = (path: string): Bind => ({ source: path, target: path, access: 'dev' })
  return {
    emptyDir: host.runDir.emptyDir,
    identity: host.identity,
    groups: useKvm && host.identity !== undefined ? kvmGroups(await statKvm()) : [],
    openFilesMax: OPEN_FILES_MAX,
    taps: tapsOf(configuration.networkInterfaces),
    binds: [
      ...emulatorBinds(host.programs.qemu),
      device('/dev/null'),
      ...(useKvm ? [device(KVM)] : []),
      ...machineBinds(configuration),
      ...(vhostUserPath === undefined ? [] : [{ source: vhostUserPath, target: INSIDE.vsock }]),
    ],
  }
}

async function statKvm(): Promise<Stats> {
  try {
    return await stat(KVM)
  } catch (cause) {
    throw new Fault(`Start microvm error: ${KVM} cannot be used: ${String(cause)}`, { cause })
  }
}

/**
 * The groups by which somebody who is not root may use the device. Throws `Fault` where there is
 * none: root's own group would open more than that.
 */
export function kvmGroups({ gid, mode }: Pick<Stats, 'gid' | 'mode'>): number[] {
  if ((mode & 0o006) === 0o006) return []
  if ((mode & 0o060) === 0o060 && gid !== 0) return [gid]
  throw new Fault(
    `Start microvm error: only root may use ${KVM}, which QEMU is not: give it to a group (chgrp kvm ${KVM}; chmod 660 ${KVM})`,
  )
}

/** QEMU looks for its firmware and modules relative to where it is, so it is in its usual place. */
function emulatorBinds(qemu: string): Bind[] {
  const share = join(dirname(dirname(qemu)), 'share')
  const paths = [...LIBRARIES, qemu, join(share, 'qemu'), join(share, 'seabios')]
  return paths.filter((path) => existsSync(path)).map((path) => ({ source: path, target: path }))
}

function machineBinds({ bootSource, drives }: MachineConfiguration): Bind[] {
  const { kernelImagePath, initrdPath } = bootSource
  return [
    { source: kernelImagePath, target: INSIDE.kernel },
    ...(initrdPath === undefined ? [] : [{ source: initrdPath, target: INSIDE.initrd }]),
    ...drives.map(({ pathOnHost, isReadOnly }, index): Bind => {
      if (pathOnHost === undefined) throw new Fault('a drive without a file cannot be used')
      const bind = { source: pathOnHost, target: INSIDE.drive(index) }
      return isReadOnly === true ? bind : { ...bind, access: 'rw' }
    }),
  ]
}
