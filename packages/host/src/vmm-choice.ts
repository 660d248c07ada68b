import { execFile } from 'node:child_process'
import { access, constants, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import type { FirecrackerConfig, Layout, VmmProgram } from '@vulcan/backend-firecracker'
import { ConfigError } from '@vulcan/schema'
import type { VmmSetting } from './place-variables.ts'
import { findQemuPrograms, type QemuPrograms } from './qemu-programs.ts'
import { VERSION } from './version.ts'

/** A VMM that may be used if it boots a guest. */
export type Candidate = Omit<VmmProgram, 'reason'> & {
  /** The programs of which the VMM consists. */
  readonly files: readonly string[]
}

const VERSION_DEADLINE_MS = 5_000
/** How long a guest may take to boot where the processor runs it. */
const KVM_BOOT_TIMEOUT_MS = 10_000
/** In software it takes four to eight seconds of an idle core, and machines of this kind are busy. */
const TCG_BOOT_TIMEOUT_MS = 60_000

/** What may run guests with KVM, the best first. */
export async function kvmCandidates(
  layout: Layout,
  config: FirecrackerConfig,
  setting: VmmSetting,
): Promise<Candidate[]> {
  const binary = firecrackerPath(layout, config)
  const version = setting === 'qemu' ? undefined : await firecrackerVersion(binary)
  // QEMU has no jailer, and what was asked for is not left out.
  const withoutQemu = setting === 'firecracker' || config.jailerEnabled
  const programs = withoutQemu ? undefined : await findQemuPrograms(layout, config)
  return [
    ...(version === undefined ? [] : [firecracker(layout, config, version)]),
    ...(programs === undefined || 'finding' in programs ? [] : [qemu(layout, 'kvm', programs)]),
  ]
}

/** A Firecracker that was asked for is not replaced by another VMM. Throws `ConfigError`. */
export async function requireFirecrackerBin(
  { firecrackerBin }: FirecrackerConfig,
  setting: VmmSetting,
): Promise<void> {
  if (firecrackerBin === undefined || setting === 'qemu') return
  if ((await firecrackerVersion(firecrackerBin)) !== undefined) return
  throw new ConfigError('VULCAN_FC_BIN', firecrackerBin, 'the path of a Firecracker')
}

/** Where the jailer is, or would be. */
export function jailerPath(layout: Layout, config: FirecrackerConfig): string {
  return config.jailerBin ?? join(dirname(firecrackerPath(layout, config)), 'jailer')
}

/** Where Firecracker is, or would be. */
export function firecrackerPath({ libexecDir }: Layout, config: FirecrackerConfig): string {
  return config.firecrackerBin ?? join(libexecDir, 'firecracker')
}

function firecracker(layout: Layout, config: FirecrackerConfig, version: string): Candidate {
  const binary = firecrackerPath(layout, config)
  const jailer = config.jailerEnabled ? jailerPath(layout, config) : undefined
  return {
    name: 'firecracker',
    version,
    binary,
    files: jailer === undefined ? [binary] : [binary, jailer],
    args: [],
    confinement:
      jailer === undefined ? { kind: 'launcher' } : { kind: 'jailer', jailerPath: jailer },
    isolationStrength: 'hardware',
    bootTimeoutMs: KVM_BOOT_TIMEOUT_MS,
  }
}

/** QEMU with KVM, or in software. */
export function qemu(layout: Layout, accel: 'kvm' | 'tcg', programs: QemuPrograms): Candidate {
  const binary = join(layout.libexecDir, 'vulcan-vmm')
  return {
    name: 'vulcan-vmm',
    version: VERSION,
    binary,
    files: [binary, programs.qemu, programs.vhostDeviceVsock],
    args: ['--accel', accel],
    confinement: { kind: 'itself' },
    isolationStrength: accel === 'kvm' ? 'hardware' : 'emulated',
    bootTimeoutMs: accel === 'kvm' ? KVM_BOOT_TIMEOUT_MS : TCG_BOOT_TIMEOUT_MS,
  }
}

/** Whether the device is there and this user may open it; only a boot tells whether it works. */
export async function kvmDeviceFinding(): Promise<string | undefined> {
  try {
    await stat('/dev/kvm')
  } catch {
    return 'this machine has no /dev/kvm'
  }
  try {
    await access('/dev/kvm', constants.R_OK | constants.W_OK)
    return undefined
  } catch {
    return 'this user may not open /dev/kvm (add it to the group kvm)'
  }
}

/** Undefined where there is no Firecracker. */
export async function firecrackerVersion(binary: string): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)(binary, ['--version'], {
      env: {},
      timeout: VERSION_DEADLINE_MS,
    })
    return /^Firecracker v(\S+)/.exec(stdout)?.[1]
  } catch {
    return undefined
  }
}
