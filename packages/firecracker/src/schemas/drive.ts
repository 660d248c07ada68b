import * as z from 'zod'
import { rateLimiter } from './rate-limiter.ts'
import { defaulted, wireObject } from './wire-object.ts'

/** Body of `PUT /drives/{id}`: a file (`pathOnHost`) or a vhost-user back end (`socket`). */
export const drive = wireObject({
  driveId: z.string(),
  isRootDevice: z.boolean(),
  pathOnHost: z.string().optional(),
  isReadOnly: z.boolean().optional(),
  partuuid: z.string().optional(),
  cacheType: defaulted(z.enum(['Unsafe', 'Writeback'])),
  ioEngine: z.enum(['Sync', 'Async']).optional(),
  rateLimiter: rateLimiter.optional(),
  socket: z.string().optional(),
})

/**
 * Body of `PATCH /drives/{id}`: absent fields stay as they are. Without any of them a vhost-user
 * back end's configuration is read again.
 */
export const driveUpdate = wireObject({
  driveId: z.string(),
  pathOnHost: z.string().optional(),
  rateLimiter: rateLimiter.optional(),
})

export type Drive = z.output<typeof drive>
export type DriveUpdate = z.output<typeof driveUpdate>
