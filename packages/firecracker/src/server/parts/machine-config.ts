import type { Balloon } from '../../schemas/balloon.ts'
import type { MachineConfigUpdate } from '../../schemas/machine-config.ts'
import { Fault } from '../fault.ts'
import type { CompleteMachineConfig } from '../vmm.ts'

const VCPU_COUNT_MAX = 32

/** What `PUT /machine-config` makes of absent fields; a CPU template stays as it is. */
export const MACHINE_CONFIG_DEFAULTS = {
  smt: false,
  trackDirtyPages: false,
  hugePages: 'None',
} as const

export function updateMachineConfig(
  current: CompleteMachineConfig,
  update: MachineConfigUpdate,
  balloon: Balloon | undefined,
): CompleteMachineConfig {
  const { vcpuCount = current.vcpuCount, memSizeMib = current.memSizeMib } = update
  const { smt = current.smt, hugePages = current.hugePages } = update
  const { trackDirtyPages = current.trackDirtyPages, cpuTemplate = current.cpuTemplate } = update
  const next = { vcpuCount, memSizeMib, smt, trackDirtyPages, hugePages }
  checkVcpuCount(next)
  if (next.memSizeMib < 1 || (next.hugePages === '2M' && next.memSizeMib % 2 !== 0)) {
    throw new Fault(
      'Machine config error: The memory size (MiB) is either 0, or not a multiple of the configured page size.',
    )
  }
  if (balloon !== undefined && next.memSizeMib < balloon.amountMib) {
    throw new Fault(
      'Machine config error: The memory size (MiB) is smaller than the previously set balloon device target size.',
    )
  }
  return cpuTemplate === undefined || cpuTemplate === 'None' ? next : { ...next, cpuTemplate }
}

function checkVcpuCount({ vcpuCount, smt }: CompleteMachineConfig): void {
  const oddWithSmt = smt && vcpuCount > 1 && vcpuCount % 2 === 1
  if (vcpuCount >= 1 && vcpuCount <= VCPU_COUNT_MAX && !oddWithSmt) return
  throw new Fault(
    `Machine config error: The number of vCPUs must be greater than 0, less than ${VCPU_COUNT_MAX} and must be 1 or an even number if SMT is enabled.`,
  )
}
