import * as z from 'zod'
import { tokenBucket } from './rate-limiter.ts'
import { wireObject } from './wire-object.ts'

/** Body of `PUT /serial`: where the guest's console goes instead of the VMM's stdout. */
export const serial = wireObject({
  serialOutPath: z.string().optional(),
  rateLimiter: tokenBucket.optional(),
})

const LEVELS = ['Off', 'Trace', 'Debug', 'Info', 'Warn', 'Error'] as const
type Level = (typeof LEVELS)[number]

/** In any case, and `Warning`, too. */
const level = z.codec(z.string(), z.enum(LEVELS), {
  decode(name) {
    const lower = name.toLowerCase().replace(/^warning$/, 'warn')
    return LEVELS.find((known) => known.toLowerCase() === lower) ?? (name as Level)
  },
  encode: (value) => value,
})

/** Body of `PUT /logger`: the VMM's own log, a file or FIFO. */
export const logger = wireObject({
  logPath: z.string().optional(),
  level: level.optional(),
  showLevel: z.boolean().optional(),
  showLogOrigin: z.boolean().optional(),
  module: z.string().optional(),
})

/** Body of `PUT /metrics`: a file or FIFO. */
export const metrics = wireObject({ metricsPath: z.string() })

export type Serial = z.output<typeof serial>
export type Logger = z.output<typeof logger>
export type Metrics = z.output<typeof metrics>
