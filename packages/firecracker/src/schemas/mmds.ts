import * as z from 'zod'
import { defaulted, wireObject } from './wire-object.ts'

/** Body of `PUT /mmds/config`. Firecracker's default is the deprecated version V1. */
export const mmdsConfig = wireObject({
  version: defaulted(z.enum(['V1', 'V2'])),
  networkInterfaces: z.array(z.string()),
  ipv4Address: z.ipv4().optional(),
  imdsCompat: defaulted(z.boolean()),
})

/** Body of `PUT` and `PATCH /mmds`, and answer of `GET /mmds`: the caller's own JSON. */
export const metadata = z.json()

export type MmdsConfig = z.output<typeof mmdsConfig>
export type Metadata = z.output<typeof metadata>
