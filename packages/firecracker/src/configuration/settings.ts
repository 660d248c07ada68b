import type { MachineConfig } from '../schemas/machine-config.ts'
import type { Metadata } from '../schemas/mmds.ts'
import type { MachineConfiguration } from '../server/vmm.ts'

/**
 * What a machine is to be: one description for both ways, calls and `--config-file`. What is absent
 * is not sent.
 */
export type MachineSettings = Pick<MachineConfiguration, 'bootSource'> &
  Partial<Omit<MachineConfiguration, 'bootSource' | 'machineConfig'>> & {
    readonly machineConfig?: MachineConfig | undefined
    /** What the guest can read from the metadata service, which `mmdsConfig` switches on. */
    readonly metadata?: Metadata | undefined
    /** Sent to nobody: where it is known, bugs that come with some guest kernels are refused. */
    readonly guestKernelVersion?: string | undefined
  }
