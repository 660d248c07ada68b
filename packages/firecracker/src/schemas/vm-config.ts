import * as z from 'zod'
import { bootSource } from './boot-source.ts'
import { drive, entropy, networkInterface, vsock } from './devices.ts'
import { machineConfig } from './machine-config.ts'
import { logger, metrics } from './sinks.ts'
import { wireObject } from './wire-object.ts'

/**
 * Answer of `GET /vm/config`, and the document of `--config-file`.
 *
 * The last five are parts of Firecracker that Vulcan does not use: named here because Firecracker
 * answers with all of them (null or empty), and because a document that asks for them must be
 * refused in words. A `--config-file` has no serial device (Firecracker 1.16 skips it, too).
 */
export const vmConfig = wireObject(
  {
    bootSource,
    drives: z.array(drive),
    machineConfig: machineConfig.optional(),
    networkInterfaces: z.array(networkInterface).optional(),
    vsock: vsock.optional(),
    entropy: entropy.optional(),
    logger: logger.optional(),
    metrics: metrics.optional(),
    balloon: z.unknown().optional(),
    cpuConfig: z.unknown().optional(),
    memoryHotplug: z.unknown().optional(),
    mmdsConfig: z.unknown().optional(),
    pmem: z.array(z.unknown()).optional(),
  },
  '-',
)

export type VmConfig = z.output<typeof vmConfig>
