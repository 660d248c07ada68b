import { HttpProblem } from '../http-problem.ts'

interface Range {
  readonly type: string
  readonly quality: number
}

/**
 * Which of the offered media types a client likes best (RFC 9110, 12.5.1); of equals the first
 * offered, and that one also where the client does not say. Throws `HttpProblem` `not_acceptable`.
 */
export function negotiate<Type extends string>(
  accept: string | undefined,
  offered: readonly [Type, ...Type[]],
): Type {
  const ranges = (accept ?? '*/*').split(',').map(toRange)
  const qualities = offered.map((type) => ({ type, quality: qualityOf(type, ranges) }))
  const best = qualities.reduce((one, other) => (other.quality > one.quality ? other : one))
  if (best.quality > 0) return best.type
  throw new HttpProblem('not_acceptable', `Accept: this resource is ${offered.join(', ')}`, {
    field: 'Accept',
  })
}

function toRange(text: string): Range {
  const [type = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase())
  const q = parameters.find((parameter) => parameter.startsWith('q='))
  const quality = q === undefined ? 1 : Number(q.slice(2))
  return { type, quality: Number.isNaN(quality) ? 0 : quality }
}

/** Of the most specific range that the type is in. */
function qualityOf(type: string, ranges: readonly Range[]): number {
  const [family] = type.split('/')
  for (const wanted of [type, `${family}/*`, '*/*']) {
    const found = ranges.find((range) => range.type === wanted)
    if (found !== undefined) return found.quality
  }
  return 0
}
