import * as z from 'zod'
import { balloon } from './balloon.ts'
import { bootSource } from './boot-source.ts'
import { cpuConfig } from './cpu-config.ts'
import { drive } from './drive.ts'
import { encodeValue } from './encode-value.ts'
import { entropy } from './entropy.ts'
import { machineConfig } from './machine-config.ts'
import { memoryHotplug } from './memory-hotplug.ts'
import { mmdsConfig } from './mmds.ts'
import { networkInterface } from './network-interface.ts'
import { pmem } from './pmem.ts'
import { logger, metrics } from './sinks.ts'
import { vsock } from './vsock.ts'
import { defaulted, wireObject } from './wire-object.ts'

/**
 * Answer of `GET /vm/config`, and the document of `--config-file`.
 *
 * It has neither the serial device, which Firecracker 1.16 skips, too, nor the metadata itself,
 * which `--metadata` takes. `cpuConfig` is a template or the path of one.
 */
export const vmConfig = wireObject(
  {
    bootSource,
    drives: z.array(drive),
    machineConfig: machineConfig.optional(),
    cpuConfig: z.union([z.string(), cpuConfig]).optional(),
    networkInterfaces: defaulted(z.array(networkInterface)),
    vsock: vsock.optional(),
    balloon: balloon.optional(),
    mmdsConfig: mmdsConfig.optional(),
    entropy: entropy.optional(),
    pmem: defaulted(z.array(pmem)),
    memoryHotplug: memoryHotplug.optional(),
    logger: logger.optional(),
    metrics: metrics.optional(),
  },
  '-',
)

export type VmConfig = z.output<typeof vmConfig>

/** As on the wire. Throws `InvalidValueError` (`invalid_value`). */
export function encodeVmConfig(value: VmConfig): Readonly<Record<string, unknown>> {
  return z.record(z.string(), z.unknown()).parse(encodeValue('--config-file', vmConfig, value))
}
