import type { FirecrackerConfig, Layout, VmmProgram } from '@vulcan/backend-firecracker'
import { VulcanError } from '@vulcan/schema'
import type { KvmFinding } from './kvm-trial.ts'
import type { VmmSetting } from './place-variables.ts'
import { findQemuPrograms } from './qemu-programs.ts'
import { qemu } from './vmm-choice.ts'

/** No VMM can be used on this machine, or not the one that was asked for. */
export class NoVmmError extends VulcanError<'no_vmm'> {
  readonly finding: string
  readonly remedy: string
  /** What was found out about KVM. */
  readonly kvm: KvmFinding

  constructor(kvm: KvmFinding, finding: string, remedy: string) {
    super('no_vmm', `${finding}: ${remedy}`)
    this.finding = finding
    this.remedy = remedy
    this.kvm = kvm
  }
}

/**
 * Chooses the VMM: with KVM where KVM really boots a guest, and QEMU in software elsewhere. Throws
 * `NoVmmError`.
 */
export async function chooseVmm(
  kvm: KvmFinding,
  setting: VmmSetting,
  layout: Layout,
  config: FirecrackerConfig,
): Promise<VmmProgram> {
  if (kvm.program !== undefined) return kvm.program
  if (config.jailerEnabled) {
    throw new NoVmmError(
      kvm,
      `VULCAN_FC_JAILER is "true", which needs Firecracker, but ${kvm.finding}`,
      'mend that, or set VULCAN_FC_JAILER=false',
    )
  }
  if (setting === 'firecracker') {
    throw new NoVmmError(
      kvm,
      `VULCAN_VMM is "firecracker", but ${kvm.finding}`,
      'set VULCAN_VMM=auto, or mend that',
    )
  }
  const programs = await findQemuPrograms(layout, config)
  if ('finding' in programs) {
    const finding = `no VMM can be used: ${kvm.finding}, and ${programs.finding}`
    throw new NoVmmError(kvm, finding, programs.remedy)
  }
  return { ...qemu(layout, 'tcg', programs), reason: kvm.finding }
}
