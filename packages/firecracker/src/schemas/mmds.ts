import * as z from 'zod'
import { wireObject } from './wire-object.ts'

/** Body of `PUT /mmds/config`. Firecracker's default is the deprecated version V1. */
export const mmdsConfig = wireObject({
  version: z.enum(['V1', 'V2']).optional(),
  networkInterfaces: z.array(z.string()),
  ipv4Address: z.ipv4().optional(),
  imdsCompat: z.boolean().optional(),
})

/** Body of `PUT` and `PATCH /mmds`, and answer of `GET /mmds`: the caller's own JSON. */
export const metadata = z.json()

export type MmdsConfig = z.output<typeof mmdsConfig>
export type Metadata = z.output<typeof metadata>
