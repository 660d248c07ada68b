import { parseKeyPairsIntoRecord } from '@opentelemetry/core'
import { integer, type Kind } from '@vulcan/schema'
import * as z from 'zod'

export const MILLISECONDS = counted('milliseconds', 3_600_000)
export const SPANS = counted('spans', 100_000)

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

/** OpenTelemetry heeds no case here. */
export const BOOLEAN = {
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

function counted(what: string, max: number): Kind<number> {
  const { takes, schema } = integer(1, max)
  return { takes: `${takes}, in ${what}`, schema }
}
