import * as z from 'zod'
import { defaulted, wireObject } from './wire-object.ts'

const vcpuCount = z.int().min(0).max(255)
const memSizeMib = z.int().min(0)
/** Deprecated in favour of `PUT /cpu-config`. */
const cpuTemplate = z.enum(['C3', 'T2', 'T2S', 'T2CL', 'T2A', 'V1N1', 'None']).optional()
const hugePages = z.enum(['None', '2M'])

/**
 * Body of `PUT /machine-config`: absent fields get Firecracker's defaults. The ranges here are those
 * of the wire's integer types; what a machine may have (1 to 32 vCPUs) is checked where the
 * configuration is put together.
 */
export const machineConfig = wireObject({
  vcpuCount,
  memSizeMib,
  smt: defaulted(z.boolean()),
  cpuTemplate,
  trackDirtyPages: defaulted(z.boolean()),
  hugePages: defaulted(hugePages),
})

/** Body of `PATCH /machine-config`: absent fields stay as they are. */
export const machineConfigUpdate = wireObject({
  vcpuCount: vcpuCount.optional(),
  memSizeMib: memSizeMib.optional(),
  smt: z.boolean().optional(),
  cpuTemplate,
  trackDirtyPages: z.boolean().optional(),
  hugePages: hugePages.optional(),
})

export type MachineConfig = z.output<typeof machineConfig>
export type MachineConfigUpdate = z.output<typeof machineConfigUpdate>
