import { OptionError, Vulcan } from '@vulcan/client'
import type { Env } from '@vulcan/schema'
import { UsageError } from '../usage-error.ts'

const VARIABLES: Readonly<Record<string, string>> = {
  url: 'VULCAN_API_URL',
  apiKey: 'VULCAN_API_KEY',
}

/** The server that the environment names. Throws `UsageError`. */
export function connect(env: Env): Vulcan {
  const url = env['VULCAN_API_URL']
  if (!url) {
    throw new UsageError(
      'this needs a server: set VULCAN_API_URL to its address, and VULCAN_API_KEY if it wants a key',
    )
  }
  try {
    return new Vulcan({ url, apiKey: env['VULCAN_API_KEY'] || undefined })
  } catch (error) {
    if (!(error instanceof OptionError)) throw error
    const variable = VARIABLES[error.option] ?? error.option
    throw new UsageError(`${variable} ${error.problem}`, { cause: error })
  }
}
