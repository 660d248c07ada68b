import * as z from 'zod'
import { wireObject } from './wire-object.ts'

const amount = z.int().min(0)

/** `refillTime` is in milliseconds; `size` and `oneTimeBurst` in bytes or operations. */
export const tokenBucket = wireObject({
  size: amount,
  oneTimeBurst: amount.optional(),
  refillTime: amount,
})

/** In an update an absent bucket stays as it is; one with `size` or `refillTime` 0 is switched off. */
export const rateLimiter = wireObject({
  bandwidth: tokenBucket.optional(),
  ops: tokenBucket.optional(),
})
