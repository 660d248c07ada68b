import * as z from 'zod'
import { wireObject } from './wire-object.ts'

const amount = z.int().min(0)

/** `refillTime` is in milliseconds; `size` and `oneTimeBurst` in bytes or operations. */
export const tokenBucket = wireObject({
  size: amount,
  oneTimeBurst: amount.optional(),
  refillTime: amount,
})

const rateLimiter = wireObject({
  bandwidth: tokenBucket.optional(),
  ops: tokenBucket.optional(),
})

/** Body of `PUT /drives/{id}`: a file (`pathOnHost`) or a vhost-user back end (`socket`). */
export const drive = wireObject({
  driveId: z.string(),
  isRootDevice: z.boolean(),
  pathOnHost: z.string().optional(),
  isReadOnly: z.boolean().optional(),
  partuuid: z.string().optional(),
  cacheType: z.enum(['Unsafe', 'Writeback']).optional(),
  ioEngine: z.enum(['Sync', 'Async']).optional(),
  rateLimiter: rateLimiter.optional(),
  socket: z.string().optional(),
})

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

/** Body of `PUT /vsock`. `vsockId` is deprecated and has no effect. */
export const vsock = wireObject({
  guestCid: z.int().min(0).max(0xffff_ffff),
  udsPath: z.string(),
  vsockId: z.string().optional(),
})

/** Body of `PUT /entropy`. */
export const entropy = wireObject({ rateLimiter: rateLimiter.optional() })

export type Drive = z.output<typeof drive>
export type NetworkInterface = z.output<typeof networkInterface>
export type Vsock = z.output<typeof vsock>
export type Entropy = z.output<typeof entropy>
