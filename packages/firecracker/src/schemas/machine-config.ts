import * as z from 'zod'
import { wireObject } from './wire-object.ts'

const vcpuCount = z.int().min(0).max(255)
const memSizeMib = z.int().min(0)
const optionalFields = {
  smt: z.boolean().optional(),
  /** Deprecated in favour of `PUT /cpu-config`. */
  cpuTemplate: z.enum(['C3', 'T2', 'T2S', 'T2CL', 'T2A', 'V1N1', 'None']).optional(),
  trackDirtyPages: z.boolean().optional(),
  hugePages: z.enum(['None', '2M']).optional(),
}

/**
 * Body of `PUT /machine-config`: absent fields get Firecracker's defaults. The ranges here are those
 * of the wire's integer types; what a machine may have (1 to 32 vCPUs) is checked where the
 * configuration is put together.
 */
export const machineConfig = wireObject({ vcpuCount, memSizeMib, ...optionalFields })

/** Body of `PATCH /machine-config`: absent fields stay as they are. */
export const machineConfigUpdate = wireObject({
  vcpuCount: vcpuCount.optional(),
  memSizeMib: memSizeMib.optional(),
  ...optionalFields,
})

export type MachineConfig = z.output<typeof machineConfig>
export type MachineConfigUpdate = z.output<typeof machineConfigUpdate>
