import { VulcanError } from '@vulcan/schema'

/** The command line asks for something that cannot be. */
export class UsageError extends VulcanError<'usage'> {
  constructor(message: string, options?: ErrorOptions) {
    super('usage', message, options)
  }
}
