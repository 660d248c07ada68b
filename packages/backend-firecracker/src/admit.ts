import { mkdir, readFile, statfs } from 'node:fs/promises'
import { BackendError } from '@vulcan/backend'
import type { VmHost, VmNeeds } from './vm.ts'

const MIB_BYTES = 1024 ** 2

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
  const { bavail, bsize } = await statfs(layout.homeDir)
  const freeMib = Math.floor((bavail * bsize) / MIB_BYTES)
  const neededMib = vmCount * config.scratchMib
  if (neededMib > freeMib) {
    throw new BackendError(
      'no_space',
      `${vmCount} VMs with scratch drives of ${config.scratchMib} MiB do not fit: ${freeMib} MiB are free below ${layout.homeDir}; free some, or set VULCAN_FC_SCRATCH_MIB`,
    )
  }
}

/** What can be used without swapping (`MemAvailable`, proc_meminfo(5)). */
async function availableMemoryMib(): Promise<number> {
  const meminfo = await readFile('/proc/meminfo', 'utf8')
  return Math.floor(Number(/^MemAvailable: +(\d+) kB$/m.exec(meminfo)?.[1]) / 1024)
}
