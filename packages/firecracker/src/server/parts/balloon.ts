import type { Balloon } from '../../schemas/balloon.ts'
import { Fault } from '../fault.ts'

/** With Firecracker's defaults. */
export function completeBalloon(balloon: Balloon, memSizeMib: number): Balloon {
  if (balloon.amountMib > memSizeMib) {
    throw new Fault('Balloon config error: Amount of pages requested is too large.')
  }
  return {
    statsPollingIntervalS: 0,
    freePageHinting: false,
    freePageReporting: false,
    ...balloon,
  }
}
