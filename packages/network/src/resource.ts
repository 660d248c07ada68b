import * as z from 'zod'
import { Conflist } from './cni/conflist.ts'
import { CniResult } from './cni/result.ts'

const LinkName = z.string().regex(/^[A-Za-z0-9_.-]{1,15}$/)

/** A name for `ip netns`, below a directory that belongs to it. */
const NetnsName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/)

const NetnsResource = z.object({ kind: z.literal('netns'), name: NetnsName })

/** Recorded before ADD, and again with each result: the last one wins, and releasing both is harmless. */
const CniResource = z.object({
  kind: z.literal('cni'),
  containerId: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/),
  netnsPath: z.string().regex(/^\/run\/netns\/[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/),
  binDirs: z.array(z.string()),
  /** `CNI_ARGS`. */
  args: z.string(),
  /** Whole, since the operator's file may have changed when this is released. */
  conflist: Conflist,
  result: CniResult.optional(),
})
export type CniResource = z.infer<typeof CniResource>

/** Names each element, since another version of the table may have other sets. */
const FilterResource = z.object({
  kind: z.literal('filter'),
  table: z.string().regex(/^[a-z][a-z0-9_]{0,31}$/),
  /** The host's end of the guest's veth. */
  link: LinkName,
  /** Whose entries in the connection tracking go with the slot. */
  addresses: z.array(z.union([z.ipv4(), z.ipv6()])),
  elements: z.array(
    z.object({
      family: z.enum(['inet', 'arp']),
      set: z.string().regex(/^[a-z][a-z0-9_]{0,31}$/),
      element: z.string().regex(/^"[A-Za-z0-9_.-]{1,15}"( \. [0-9a-f.:]+)?$/),
    }),
  ),
})
export type FilterResource = z.infer<typeof FilterResource>

/** What a slot holds outside our own files. Recorded before it is made, released in reverse order. */
export const NetworkResource = z.discriminatedUnion('kind', [
  NetnsResource,
  CniResource,
  FilterResource,
])
export type NetworkResource = z.infer<typeof NetworkResource>
