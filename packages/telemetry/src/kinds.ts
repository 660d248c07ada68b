import { parseKeyPairsIntoRecord } from '@opentelemetry/core'
import * as z from 'zod'

const integer = (min: number, max: number, unit: string) => ({
  takes: `${unit} from ${min} to ${max}`,
  schema: z
    .string()
    .regex(/^\d{1,9}$/)
    .transform(Number)
    .pipe(z.int().min(min).max(max)),
})

export const MILLISECONDS = integer(1, 3_600_000, 'milliseconds')
export const SPANS = integer(1, 100_000, 'a number of spans')

/** As `OTEL_RESOURCE_ATTRIBUTES` and the exporter's headers are written; a pair that is none counts. */
export const KEY_VALUES = {
  takes: 'key=value pairs, separated by commas, with %-escapes in values',
  schema: z
    .string()
    .transform((text) => ({
      record: parseKeyPairsIntoRecord(text),
      pairs: text.split(',').filter((pair) => pair.trim() !== '').length,
      hasMetadata: text.includes(';'),
    }))
    .refine(({ record, pairs, hasMetadata }) => {
      return !hasMetadata && Object.keys(record).length === pairs
    })
    .transform(({ record }) => record),
}

export const NAME = { takes: 'a name', schema: z.string().min(1).max(255) }

export const SWITCH = {
  takes: 'a word: true, false',
  schema: z
    .string()
    .toLowerCase()
    .pipe(z.enum(['true', 'false']))
    .transform((word) => word === 'true'),
}

/** A list of words; `none` stands alone and is an empty one. */
export function wordList<const Words extends readonly string[]>(words: Words) {
  return {
    takes: `words separated by commas, of: ${[...words, 'none'].join(', ')}`,
    schema: z
      .string()
      .transform((text) => (text === 'none' ? [] : text.split(',').map((word) => word.trim())))
      .pipe(z.array(z.enum(words))),
  }
}
