import type { Stats } from 'node:fs'
import { stat } from 'node:fs/promises'
import { BackendError, type FailureReason } from '@vulcan/backend'
import { messageOf } from '@vulcan/schema'

/** A device that a VMM opens, and what a VM without it is. */
export interface VmmDevice {
  readonly path: string
  readonly without: FailureReason
  readonly remedy: string
  /** What to do where it is missing. */
  readonly origin: string
}

export const KVM: VmmDevice = {
  path: '/dev/kvm',
  without: 'boot_failed',
  remedy: 'give it to a group (chgrp kvm /dev/kvm; chmod 660 /dev/kvm)',
  origin: 'load the module for the processor (modprobe kvm_intel or kvm_amd)',
}

export const TUN: VmmDevice = {
  path: '/dev/net/tun',
  without: 'network_failed',
  remedy: 'let everybody open it, as it is usual (chmod 666 /dev/net/tun)',
  origin: 'load its module (modprobe tun)',
}

/** The groups for all of `devices`. Throws `BackendError` where one is missing or only for root. */
export async function groupsFor(devices: readonly VmmDevice[]): Promise<number[]> {
  const groups = await Promise.all(
    devices.map(async (device) => deviceGroups(device, await statDevice(device))),
  )
  return groups.flat()
}

async function statDevice({ path, without, origin }: VmmDevice): Promise<Stats> {
  try {
    return await stat(path)
  } catch (cause) {
    const message = `${path} is not there (${messageOf(cause)}): ${origin}`
    throw new BackendError(without, message, { cause })
  }
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
