import type { Pmem } from '../../schemas/pmem.ts'
import { Fault } from '../fault.ts'

/** The file behind it is opened when the machine starts. */
export function insertPmem(
  devices: readonly Pmem[],
  added: Pmem,
  rootIsDrive: boolean,
): readonly Pmem[] {
  if (added.rootDevice === true && rootIsDrive) throw secondRootPmem()
  const others = devices.filter((other) => other.id !== added.id)
  if (added.rootDevice === true && others.some((other) => other.rootDevice === true)) {
    throw new Fault('Pmem config error: A root pmem device already exist')
  }
  const complete = { rootDevice: false, readOnly: false, ...added }
  if (others.length === devices.length) return [...devices, complete]
  return devices.map((other) => (other.id === added.id ? complete : other))
}

export function secondRootPmem(): Fault {
  return new Fault(
    'Pmem config error: Attempt to add pmem as a root device while the root device defined as a block device',
  )
}
