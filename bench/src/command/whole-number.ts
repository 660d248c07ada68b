import { InvalidArgumentError } from 'commander'

/** What an option takes that is a number of something: 1 or more. Throws `InvalidArgumentError`. */
export function wholeNumber(text: string): number {
  const count = Number(text)
  if (!Number.isSafeInteger(count) || count < 1) {
    throw new InvalidArgumentError('It takes a whole number of 1 or more.')
  }
  return count
}
