import type { Stats } from 'node:fs'
import { BackendError, type FailureReason } from '@vulcan/backend'

/** A device that a VMM opens, and what a VM without it is. */
export interface VmmDevice {
  readonly path: string
  readonly without: FailureReason
  readonly remedy: string
}

export const KVM: VmmDevice = {
  path: '/dev/kvm',
  without: 'boot_failed',
  remedy: 'give it to a group (chgrp kvm /dev/kvm; chmod 660 /dev/kvm)',
}

export const TUN: VmmDevice = {
  path: '/dev/net/tun',
  without: 'network_failed',
  remedy: 'let everybody open it, as it is usual (chmod 666 /dev/net/tun)',
}

/**
 * The groups by which somebody who is not root may use a device: root's own would open more than
 * that. Throws `BackendError` where there is none.
 */
export function deviceGroups(
  { path, without, remedy }: VmmDevice,
  { gid, mode }: Pick<Stats, 'gid' | 'mode'>,
): number[] {
  if ((mode & 0o006) === 0o006) return []
  if ((mode & 0o060) === 0o060 && gid !== 0) return [gid]
  throw new BackendError(
    without,
    `only root may use ${path}, and Firecracker does not run as root: ${remedy}, or set VULCAN_FC_JAILER=true`,
  )
}
