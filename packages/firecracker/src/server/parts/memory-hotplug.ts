import type { MemoryHotplug } from '../../schemas/memory-hotplug.ts'
import { Fault } from '../fault.ts'

const BLOCK_SIZE_MIB = 2
const SLOT_SIZE_MIB = 128

/** With Firecracker's defaults. */
export function completeMemoryHotplug(device: MemoryHotplug): Required<MemoryHotplug> {
  const { totalSizeMib, blockSizeMib = BLOCK_SIZE_MIB, slotSizeMib = SLOT_SIZE_MIB } = device
  if (blockSizeMib < BLOCK_SIZE_MIB) {
    throw fault(`Block size must not be lower than ${BLOCK_SIZE_MIB} MiB`)
  }
  if (!Number.isInteger(Math.log2(blockSizeMib))) throw fault('Block size must be a power of 2')
  if (slotSizeMib < SLOT_SIZE_MIB) {
    throw fault(`Slot size must not be lower than ${SLOT_SIZE_MIB} MiB`)
  }
  if (slotSizeMib % blockSizeMib !== 0) {
    throw fault(`Slot size must be a multiple of block size (${blockSizeMib} MiB)`)
  }
  if (totalSizeMib < slotSizeMib) {
    throw fault(`Total size must not be lower than slot size (${slotSizeMib} MiB)`)
  }
  if (totalSizeMib % slotSizeMib !== 0) {
    throw fault(`Total size must be a multiple of slot size (${slotSizeMib} MiB)`)
  }
  return { totalSizeMib, blockSizeMib, slotSizeMib }
}

function fault(reason: string): Fault {
  return new Fault(`Memory hotplug config error: ${reason}`)
}
