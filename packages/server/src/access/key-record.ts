import { Scope } from '@vulcan/schema'
import * as z from 'zod'
import { Quota } from './caller.ts'

const NAME_CHARACTERS_MAX = 100

/** What whoever makes a key decides. */
export const NewKey = z.object({
  /** For people. */
  name: z.string().max(NAME_CHARACTERS_MAX).default(''),
  scopes: z.array(Scope).min(1),
  /** A bound that this version does not know is refused, never ignored. */
  quota: Quota.strict().default({}),
  /** From then on it is refused; null: never. */
  expiresAtMs: z.int().nullable().default(null),
})
export type NewKey = z.input<typeof NewKey>

/** What is known of a key; its secret is not. */
export const KeyRecord = NewKey.extend({
  id: z.string(),
  /** What of the key may be shown, and names it to people. */
  prefix: z.string(),
  createdAtMs: z.int(),
  revokedAtMs: z.int().nullable(),
  /** Some minutes old; null: never used. */
  lastUsedAtMs: z.int().nullable(),
})
export type KeyRecord = z.infer<typeof KeyRecord>
