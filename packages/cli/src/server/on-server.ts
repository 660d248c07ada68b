import type { Vulcan } from '@vulcan/client'
import { EXIT_INTERRUPTED, Interruption } from '../interruption.ts'
import { connect } from './connect.ts'

/**
 * Lets a command use the server that the environment names, until it is interrupted. Resolves with
 * the exit code that it gives, or 130. Throws `UsageError`, and what the command throws.
 */
export async function onServer(
  command: (client: Vulcan, signal: AbortSignal) => Promise<number>,
): Promise<number> {
  const client = connect(process.env)
  using interruption = new Interruption()
  const { signal } = interruption
  try {
    return await command(client, signal)
  } catch (error) {
    if (!signal.aborted) throw error
    return EXIT_INTERRUPTED
  }
}
