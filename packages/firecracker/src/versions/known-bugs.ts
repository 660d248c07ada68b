import { VulcanError } from '@vulcan/schema'
import { isAtLeast } from './version.ts'

interface KnownBug {
  /** The first version that has it; absent where the first of all has. */
  readonly since?: string
  /** The first version that does not have it. */
  readonly fixedIn: string
  readonly effect: string
  readonly advice: string
  readonly reference: string
}

/**
 * Bugs of Firecracker that lose data or connections without a word. This library refuses what runs
 * into them.
 */
export const KNOWN_BUGS = {
  vsock_hangs_after_resume: {
    since: '1.16.0',
    fixedIn: '1.16.2',
    effect: 'after a pause and resume every new connection from the host over vsock hangs',
    advice: 'use Firecracker 1.16.2, make a snapshot while it is paused, or do without vsock',
    reference: 'https://github.com/firecracker-microvm/firecracker/pull/6100',
  },
  vsock_dead_after_restore: {
    since: '1.16.0',
    fixedIn: '1.16.1',
    effect: 'after a restore connections of the guest over vsock can time out',
    advice: 'use Firecracker 1.16.1',
    reference: 'https://github.com/firecracker-microvm/firecracker/pull/5958',
  },
  vsock_corrupts_data: {
    fixedIn: '1.14.0',
    effect: 'guest kernels from 6.17 on get corrupted data over vsock',
    advice: 'use Firecracker 1.14 or an older guest kernel',
    reference: 'https://github.com/firecracker-microvm/firecracker/pull/5485',
  },
} as const satisfies Readonly<Record<string, KnownBug>>

export type KnownBugName = keyof typeof KNOWN_BUGS

const GUEST_KERNEL_WITH_LARGE_BUFFERS = '6.17.0'

/** What was asked for runs into a bug of the running version. Nothing was sent. */
export class KnownBugError extends VulcanError<'known_bug'> {
  readonly bug: KnownBugName
  readonly runningVersion: string
  /** The first version without it. */
  readonly fixedIn: string
  /** Where Firecracker's developers fixed it. */
  readonly reference: string

  constructor(bug: KnownBugName, runningVersion: string) {
    const { effect, advice, fixedIn, reference } = KNOWN_BUGS[bug]
    super(
      'known_bug',
      `Firecracker ${runningVersion} has a known bug: ${effect} (fixed in ${fixedIn}, ${reference}); ${advice}, or accept it with acceptKnownBugs`,
    )
    this.bug = bug
    this.runningVersion = runningVersion
    this.fixedIn = fixedIn
    this.reference = reference
  }
}

export function hasBug(version: string, bug: KnownBugName): boolean {
  const known: KnownBug = KNOWN_BUGS[bug]
  if (known.since !== undefined && !isAtLeast(version, known.since)) return false
  return !isAtLeast(version, known.fixedIn)
}

/** Throws `KnownBugError` (`known_bug`). */
export function refuseGuestKernel(version: string, guestKernelVersion: string): void {
  if (!isAtLeast(guestKernelVersion, GUEST_KERNEL_WITH_LARGE_BUFFERS)) return
  if (hasBug(version, 'vsock_corrupts_data')) {
    throw new KnownBugError('vsock_corrupts_data', version)
  }
}
