import * as z from 'zod'
import { rateLimiter } from './rate-limiter.ts'
import { defaulted, wireObject } from './wire-object.ts'

/** Body of `PUT /pmem/{id}`: a file that the guest sees as persistent memory. */
export const pmem = wireObject({
  id: z.string(),
  pathOnHost: z.string(),
  rootDevice: defaulted(z.boolean()),
  readOnly: defaulted(z.boolean()),
  rateLimiter: rateLimiter.optional(),
})

/** Body of `PATCH /pmem/{id}`: only the rate limiter can change. */
export const pmemUpdate = wireObject({
  id: z.string(),
  rateLimiter: rateLimiter.optional(),
})

export type Pmem = z.output<typeof pmem>
export type PmemUpdate = z.output<typeof pmemUpdate>
