import * as z from 'zod'
import { CNI_VERSIONS } from './conflist.ts'

const ADDRESSES_MAX = 16
const INTERFACES_MAX = 64

const Interface = z.looseObject({
  /** Linux takes 15 bytes without "/" and blanks; quotes would end a string of nft. */
  name: z.string().regex(/^[A-Za-z0-9_.-]{1,15}$/),
  mac: z.string().max(64).optional(),
  /** Path of the namespace, absent or empty for an interface of the host. */
  sandbox: z.string().max(4096).optional(),
})

const Address = z.looseObject({
  /** Index into `interfaces`. */
  interface: z.int().min(0).optional(),
  address: z.union([z.cidrv4(), z.cidrv6()]),
  gateway: z.union([z.ipv4(), z.ipv6()]).optional(),
})

/** What ADD answers in the versions 0.3.x, 0.4.0 and 1.0.0; passed on as `prevResult` unchanged. */
export const CniResult = z.looseObject({
  cniVersion: z.enum(CNI_VERSIONS),
  interfaces: z.array(Interface).max(INTERFACES_MAX).default([]),
  ips: z.array(Address).max(ADDRESSES_MAX).default([]),
})
export type CniResult = z.infer<typeof CniResult>
