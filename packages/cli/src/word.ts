import { UsageError } from './usage-error.ts'

/** One of the words that a flag takes, such as a Zod enumeration's `options`. Throws `UsageError`. */
export function parseWord<Word extends string>(
  flag: string,
  text: string,
  words: readonly Word[],
): Word {
  const word = words.find((known) => known === text)
  if (word !== undefined) return word
  throw new UsageError(`${flag} is "${text}", but takes ${words.join(', ')}`)
}
