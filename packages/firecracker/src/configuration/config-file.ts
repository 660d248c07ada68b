import { UnsupportedByVersionError, UnsupportedError } from '../client/errors.ts'
import { encodeVmConfig } from '../schemas/vm-config.ts'
import { refuseGuestKernel } from '../versions/known-bugs.ts'
import { missingFromDocument } from '../versions/missing-from-document.ts'
import type { MachineSettings } from './settings.ts'

/** The contents of the two files that start a machine without a call. */
export interface ConfigFile {
  /** For `--config-file`. */
  readonly config: string
  /** For `--metadata`; undefined where there are none. */
  readonly metadata: string | undefined
}

/**
 * What a machine is to be, as files: what `Machine.configure` and `start` do, without their calls.
 * `version` is that of the VMM that will read them.
 *
 * Throws `InvalidValueError` (`invalid_value`), `UnsupportedByVersionError`
 * (`unsupported_by_version`), `KnownBugError` (`known_bug`), and `UnsupportedError` (`unsupported`)
 * for a serial device, which Firecracker skips in such a file.
 */
export function configFileOf(
  settings: MachineSettings,
  options: { readonly version: string; readonly acceptKnownBugs?: boolean },
): ConfigFile {
  const { serial, metadata, guestKernelVersion, ...described } = settings
  if (serial !== undefined) {
    throw new UnsupportedError('a serial device in a --config-file', 'Firecracker skips it')
  }
  const { version, acceptKnownBugs = false } = options
  if (guestKernelVersion !== undefined && settings.vsock !== undefined && !acceptKnownBugs) {
    refuseGuestKernel(version, guestKernelVersion)
  }
  const { drives = [], networkInterfaces, pmem, ...rest } = described
  const document = encodeVmConfig({
    ...rest,
    drives: [...drives],
    ...(networkInterfaces && { networkInterfaces: [...networkInterfaces] }),
    ...(pmem && { pmem: [...pmem] }),
  })
  const missing = missingFromDocument(version, document)
  if (missing !== undefined) throw new UnsupportedByVersionError(missing, version)
  return {
    config: JSON.stringify(document),
    metadata: metadata === undefined ? undefined : JSON.stringify(metadata),
  }
}
