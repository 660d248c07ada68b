import { CgroupError, cgroupPaths, findCgroupParent, makeCgroup } from '@vulcan/firecracker'
import { CGROUP_PARENT } from '../lifecycle/layout.ts'
import type { Vm, VmHost, VmNeeds } from '../vm.ts'

const MIB_BYTES = 1024 ** 2
/** What Firecracker takes beside the guest's memory: itself 5 MiB, and the cache of its drives. */
const VMM_MIB = 128
/** Beside the guest's processors, for the VMM's own thread, which does a guest's input and output. */
const VMM_CPUS = 1
/** Beside the threads of the guest's processors. */
const VMM_THREADS = 32
/** 1023 connections of the vsock, drives, and the like. */
const OPEN_FILES_MAX = 2048

/** What the VMM's process is limited to, whatever its guest does. */
export interface VmmLimits {
  readonly openFilesMax: number
  readonly fileSizeBytesMax: number
}

/** A snapshot's memory is the largest file that a VMM makes; its scratch drive is there already. */
export function vmmLimits({ config }: VmHost, needs: VmNeeds): VmmLimits {
  const memMib = needs.memMib ?? config.defaultMemMib
  const fileSizeBytesMax = (Math.max(memMib, config.scratchMib) + VMM_MIB) * MIB_BYTES
  return { openFilesMax: OPEN_FILES_MAX, fileSizeBytesMax }
}

/**
 * Makes the VM's cgroup and gives the arguments of vulcan-launch that enter it. Where this process can
 * have no cgroups, a VM whose limits were asked for (`required`) is refused, and another goes without.
 *
 * Throws `CgroupError`.
 */
export async function enterCgroup(
  host: VmHost,
  vm: Vm,
  needs: VmNeeds,
  { required }: { readonly required: boolean },
): Promise<string[]> {
  try {
    const paths = await newCgroup(host, vm, needs)
    return paths.flatMap((path) => ['--cgroup', path])
  } catch (error) {
    if (required || !(error instanceof CgroupError)) throw error
    return []
  }
}

async function newCgroup(
  { config }: VmHost,
  { holding, manifest }: Vm,
  needs: VmNeeds,
): Promise<string[]> {
  const parent = await findCgroupParent(CGROUP_PARENT)
  const paths = cgroupPaths(parent, holding.id)
  for (const path of paths) manifest.record({ kind: 'cgroup', path })
  await makeCgroup(parent, holding.id, {
    memoryBytesMax: ((needs.memMib ?? config.defaultMemMib) + VMM_MIB) * MIB_BYTES,
    cpusMax: (needs.cpus ?? config.defaultVcpus) + VMM_CPUS,
    pidsMax: (needs.cpus ?? config.defaultVcpus) + VMM_THREADS,
  })
  return paths
}
