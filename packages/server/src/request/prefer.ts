import { HTTP_LIMITS } from '@vulcan/schema'

/** What a client would like of those preferences that this API has (RFC 7240). */
export interface Preferences {
  readonly respondAsync: boolean
  readonly waitS: number | undefined
}

/**
 * Reads `Prefer`. What is not understood is ignored, as the RFC demands; of two `wait` the first
 * counts, and more than can be waited is as much as can be.
 */
export function parsePrefer(header: string | string[] | undefined): Preferences {
  const wishes = [header ?? []].flat().join(',').split(',')
  const words = wishes.map((wish) => wish.split(';')[0]?.trim().toLowerCase() ?? '')
  const seconds = words.map((word) => /^wait\s*=\s*"?(\d{1,9})"?$/.exec(word)?.[1])
  const wait = seconds.find((text) => text !== undefined)
  return {
    respondAsync: words.includes('respond-async'),
    waitS: wait === undefined ? undefined : Math.min(Number(wait), HTTP_LIMITS.waitS),
  }
}

/** The header `Preference-Applied`; undefined when none was. */
export function appliedHeader({ respondAsync, waitS }: Preferences): string | undefined {
  const applied = [
    ...(respondAsync ? ['respond-async'] : []),
    ...(waitS === undefined ? [] : [`wait=${waitS}`]),
  ]
  return applied.length === 0 ? undefined : applied.join(', ')
}
