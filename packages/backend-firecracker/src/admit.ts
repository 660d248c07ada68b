import { mkdir } from 'node:fs/promises'
import { BackendError } from '@vulcan/backend'
import { availableDiskMib, availableMemoryMib } from './available.ts'
import type { VmHost, VmNeeds } from './vm.ts'

/**
 * Refuses a VM that this machine cannot hold, before anything of it is made. Memory is what is
 * available now; disk must hold the scratch drives of all `vmCount` VMs if their programs fill them.
 *
 * Throws `BackendError` `no_capacity` or `no_space`.
 */
export async function admit(host: VmHost, needs: VmNeeds, vmCount: number): Promise<void> {
  const { config, layout } = host
  const memMib = needs.memMib ?? config.defaultMemMib
  const availableMib = await availableMemoryMib()
  if (memMib > availableMib) {
    throw new BackendError(
      'no_capacity',
      `a VM of ${memMib} MiB does not fit: ${availableMib} MiB of memory are available; take a smaller --memory`,
    )
  }
  await mkdir(layout.homeDir, { recursive: true })
  const freeMib = await availableDiskMib(layout.homeDir)
  const neededMib = vmCount * config.scratchMib
  if (neededMib > freeMib) {
    throw new BackendError(
      'no_space',
      `${vmCount} VMs with scratch drives of ${config.scratchMib} MiB do not fit: ${freeMib} MiB are free below ${layout.homeDir}; free some, or set VULCAN_FC_SCRATCH_MIB`,
    )
  }
}
