import { access, constants, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { ConfigError, type Layout, type VmmProgram } from '@vulcan/backend-firecracker'
import { z } from 'zod'

const VmmSetting = z.enum(['auto', 'firecracker', 'qemu'])
export type VmmSetting = z.infer<typeof VmmSetting>

/** Reads `VULCAN_VMM`. Throws `ConfigError`. */
export function readVmmSetting(env: Readonly<Record<string, string | undefined>>): VmmSetting {
  const value = env['VULCAN_VMM'] ?? 'auto'
  const parsed = VmmSetting.safeParse(value)
  if (!parsed.success) throw new ConfigError('VULCAN_VMM', value, VmmSetting.options.join(', '))
  return parsed.data
}

/** A VMM that may be used if it boots a guest. */
export type Candidate = Omit<VmmProgram, 'reason'>

/** How long a guest may take to boot where the processor runs it. */
const KVM_BOOT_TIMEOUT_MS = 10_000
/** In software it takes four to eight seconds of an idle core, and machines of this kind are busy. */
const TCG_BOOT_TIMEOUT_MS = 60_000

/** What may run guests with KVM, the best first. */
export async function kvmCandidates(layout: Layout, setting: VmmSetting): Promise<Candidate[]> {
  const candidates: Candidate[] = []
  const firecracker = join(layout.libexecDir, 'firecracker')
  if (setting !== 'qemu' && (await isExecutable(firecracker))) {
    candidates.push({
      name: 'firecracker',
      version: '1.16.1',
      binary: firecracker,
      args: [],
      takesUid: false,
      isolationStrength: 'hardware',
      bootTimeoutMs: KVM_BOOT_TIMEOUT_MS,
    })
  }
  if (setting !== 'firecracker') candidates.push(qemu(layout, 'kvm'))
  return candidates
}

/** QEMU with KVM, or in software. */
export function qemu(layout: Layout, accel: 'kvm' | 'tcg'): Candidate {
  return {
    name: 'vulcan-vmm',
    version: '0.1.0',
    binary: join(layout.libexecDir, 'vulcan-vmm'),
    args: ['--accel', accel],
    takesUid: true,
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

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
