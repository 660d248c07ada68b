import type * as z from 'zod'
import { rateLimiter } from './rate-limiter.ts'
import { wireObject } from './wire-object.ts'

/** Body of `PUT /entropy`. */
export const entropy = wireObject({ rateLimiter: rateLimiter.optional() })

export type Entropy = z.output<typeof entropy>
