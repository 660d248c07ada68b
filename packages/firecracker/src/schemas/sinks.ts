import * as z from 'zod'
import { tokenBucket } from './rate-limiter.ts'
import { wireObject } from './wire-object.ts'

/** Body of `PUT /serial`: where the guest's console goes instead of the VMM's stdout. */
export const serial = wireObject({
  serialOutPath: z.string().optional(),
  rateLimiter: tokenBucket.optional(),
})

/** Body of `PUT /logger`: the VMM's own log, a file or FIFO. */
export const logger = wireObject({
  logPath: z.string().optional(),
  level: z.enum(['Off', 'Trace', 'Debug', 'Info', 'Warn', 'Error']).optional(),
  showLevel: z.boolean().optional(),
  showLogOrigin: z.boolean().optional(),
  module: z.string().optional(),
})

/** Body of `PUT /metrics`: a file or FIFO. */
export const metrics = wireObject({ metricsPath: z.string() })

export type Serial = z.output<typeof serial>
export type Logger = z.output<typeof logger>
export type Metrics = z.output<typeof metrics>
