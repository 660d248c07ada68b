import * as z from 'zod'

/** What a guest with a network may reach: global addresses, or private ones (RFC 1918, CGNAT, ULA) too. */
export const NetworkPolicy = z.enum(['public', 'all'])
export type NetworkPolicy = z.infer<typeof NetworkPolicy>

/** What a workload can ask for, ordered: each one permits all that those before it permit. */
export const NetworkMode = z.enum(['none', ...NetworkPolicy.options])
export type NetworkMode = z.infer<typeof NetworkMode>
