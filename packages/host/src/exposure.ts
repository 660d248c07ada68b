import { type IsolationStrength, VulcanError } from '@vulcan/schema'
import { isLoopback } from '@vulcan/server'
import { EXPOSURE_FLAGS, type ExposureFlag } from './exposure-flags.ts'

/** A server that would expose this machine without having been told so. `code` is the first risk. */
export class ExposureError extends VulcanError<
  'network_unauthenticated' | 'isolation_emulated' | 'jailer_missing'
> {}

export interface Exposure {
  /** An IP address. What is no loopback address counts as reached by others. */
  readonly listenAddress: string
  readonly hasKeys: boolean
  readonly isolationStrength: IsolationStrength
  /** Whether each VMM runs in a jail. */
  readonly jailed: boolean
  readonly allow: Readonly<Partial<Record<ExposureFlag, boolean>>>
}

/**
 * Whether a server may start like this. Keys, and an address that others reach, mean other people's
 * code, which needs the hardware's boundary and the jailer. Throws `ExposureError`.
 */
export function checkExposure(exposure: Exposure): void {
  const { listenAddress, hasKeys, isolationStrength, jailed, allow } = exposure
  const isOpen = !isLoopback(listenAddress)
  if (isOpen && !hasKeys && !allow.allowUnauthenticatedNetwork) {
    throw new ExposureError(
      'network_unauthenticated',
      `there are no API keys, and others reach ${listenAddress}: make a key with "vulcan keys create", listen on 127.0.0.1, or ${insist('allowUnauthenticatedNetwork')}`,
    )
  }
  if (!isOpen && !hasKeys) return
  // The jailer is Firecracker's: where isolation is emulated there is none to be missed.
  if (isolationStrength === 'emulated') {
    if (allow.allowEmulatedIsolation) return
    throw new ExposureError(
      'isolation_emulated',
      `isolation is emulated, which is no security boundary against other people's code: use a machine with KVM (see "vulcan doctor"), or ${insist('allowEmulatedIsolation')}`,
    )
  }
  if (!jailed && !allow.allowWithoutJailer) {
    throw new ExposureError(
      'jailer_missing',
      `VMMs run without the jailer, their second boundary against other people's code: set VULCAN_FC_JAILER=true as root, or ${insist('allowWithoutJailer')}`,
    )
  }
}

function insist(flag: ExposureFlag): string {
  return `say ${EXPOSURE_FLAGS[flag].flag} to accept the risk`
}
