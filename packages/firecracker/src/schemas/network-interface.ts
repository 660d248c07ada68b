import * as z from 'zod'
import { rateLimiter } from './rate-limiter.ts'
import { wireObject } from './wire-object.ts'

/** Body of `PUT /network-interfaces/{id}`; `hostDevName` is the TAP device. */
export const networkInterface = wireObject({
  ifaceId: z.string(),
  hostDevName: z.string(),
  guestMac: z
    .string()
    .regex(/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i, 'invalid MAC address')
    .optional(),
  mtu: z.int().min(0).max(65_535).optional(),
  rxRateLimiter: rateLimiter.optional(),
  txRateLimiter: rateLimiter.optional(),
})

/** Body of `PATCH /network-interfaces/{id}`: only rate limiters can change. */
export const networkInterfaceUpdate = wireObject({
  ifaceId: z.string(),
  rxRateLimiter: rateLimiter.optional(),
  txRateLimiter: rateLimiter.optional(),
})

export type NetworkInterface = z.output<typeof networkInterface>
export type NetworkInterfaceUpdate = z.output<typeof networkInterfaceUpdate>
