import * as z from 'zod'
import { defaulted, wireObject, wireResponse } from './wire-object.ts'

const amountMib = z.int().min(0).max(0xffff_ffff)
const seconds = z.int().min(0).max(0xffff)
const count = z.int().min(0)

/** Body of `PUT /balloon` and answer of `GET /balloon`. Without an interval there are no statistics. */
export const balloon = wireObject({
  amountMib,
  deflateOnOom: z.boolean(),
  statsPollingIntervalS: defaulted(seconds),
  freePageHinting: defaulted(z.boolean()),
  freePageReporting: defaulted(z.boolean()),
})

/** Body of `PATCH /balloon`. */
export const balloonUpdate = wireObject({ amountMib })

/** Body of `PATCH /balloon/statistics`; statistics cannot be switched on or off while it runs. */
export const balloonStatisticsUpdate = wireObject({ statsPollingIntervalS: seconds })

/** Answer of `GET /balloon/statistics`: what the guest does not tell is absent. */
export const balloonStatistics = wireResponse({
  targetPages: count,
  actualPages: count,
  targetMib: count,
  actualMib: count,
  swapIn: count.optional(),
  swapOut: count.optional(),
  majorFaults: count.optional(),
  minorFaults: count.optional(),
  freeMemory: count.optional(),
  totalMemory: count.optional(),
  availableMemory: count.optional(),
  diskCaches: count.optional(),
  hugetlbAllocations: count.optional(),
  hugetlbFailures: count.optional(),
  oomKill: count.optional(),
  allocStall: count.optional(),
  asyncScan: count.optional(),
  directScan: count.optional(),
  asyncReclaim: count.optional(),
  directReclaim: count.optional(),
})

/** Body of `PATCH /balloon/hinting/start` (default true: a stop of the guest ends the run). */
export const hintingStart = wireObject({ acknowledgeOnStop: defaulted(z.boolean()) })

/** Answer of `GET /balloon/hinting/status`: the last command of each side. */
export const hintingStatus = wireResponse({ hostCmd: count, guestCmd: count.optional() })

export type Balloon = z.output<typeof balloon>
export type BalloonUpdate = z.output<typeof balloonUpdate>
export type BalloonStatistics = z.output<typeof balloonStatistics>
export type BalloonStatisticsUpdate = z.output<typeof balloonStatisticsUpdate>
export type HintingStart = z.output<typeof hintingStart>
export type HintingStatus = z.output<typeof hintingStatus>
