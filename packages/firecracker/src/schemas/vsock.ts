import * as z from 'zod'
import { wireObject } from './wire-object.ts'

/** Body of `PUT /vsock`. `vsockId` is deprecated and has no effect. */
export const vsock = wireObject({
  guestCid: z.int().min(0).max(0xffff_ffff),
  udsPath: z.string(),
  vsockId: z.string().optional(),
})

export type Vsock = z.output<typeof vsock>
