import type { Balloon, BalloonStatistics, HintingStatus } from '../src/schemas/balloon.ts'
import type { MemoryHotplug, MemoryHotplugStatus } from '../src/schemas/memory-hotplug.ts'
import type { MachineChange } from '../src/server/vmm.ts'

const PAGES_PER_MIB = 256
/** Commands 0 (stop) and 1 (done) are reserved. */
const HINTING_DONE = 1

/** The devices whose state a guest has a part in: this one does at once what it is asked for. */
export class FakeDevices {
  #requestedMib = 0
  #hintingRuns = 0
  #hinting: HintingStatus = { hostCmd: 0 }

  apply(change: MachineChange): void {
    switch (change.kind) {
      case 'memory_hotplug':
        this.#requestedMib = change.value.requestedSizeMib
        return
      case 'balloon_hinting_start': {
        this.#hintingRuns += 1
        const command = HINTING_DONE + this.#hintingRuns
        this.#hinting = { hostCmd: command, guestCmd: command }
        return
      }
      case 'balloon_hinting_stop':
        this.#hinting = { ...this.#hinting, hostCmd: HINTING_DONE }
        return
      default:
        return
    }
  }

  hintingStatus(): HintingStatus {
    return this.#hinting
  }

  balloonStatistics({ amountMib }: Balloon): BalloonStatistics {
    const pages = amountMib * PAGES_PER_MIB
    return {
      targetPages: pages,
      actualPages: pages,
      targetMib: amountMib,
      actualMib: amountMib,
      swapIn: 0,
      swapOut: 0,
    }
  }

  memoryHotplugStatus(device: MemoryHotplug): MemoryHotplugStatus {
    const { totalSizeMib, blockSizeMib = 2, slotSizeMib = 128 } = device
    return {
      totalSizeMib,
      blockSizeMib,
      slotSizeMib,
      pluggedSizeMib: this.#requestedMib,
      requestedSizeMib: this.#requestedMib,
    }
  }
}
