import { BackendError } from '@vulcan/backend'
import { orAborted } from '@vulcan/firecracker'
import { messageOf } from '@vulcan/schema'
import { ProtocolError } from './protocol/errors.ts'

/**
 * A step of a conversation with the agent, or the most telling error: the signal's reason, the
 * `ProtocolError` of a message that is complete and wrong, or `BackendError` `agent_lost` for
 * whatever else ends a connection; one that ends inside a message is as lost as any other.
 */
export async function orAgentLost<T>(step: Promise<T>, signal: AbortSignal): Promise<T> {
  try {
    return await orAborted(step, signal)
  } catch (cause) {
    signal.throwIfAborted()
    if (cause instanceof BackendError) throw cause
    if (cause instanceof ProtocolError && cause.code !== 'message_truncated') throw cause
    const how = messageOf(cause)
    throw new BackendError('agent_lost', `the connection to the agent broke: ${how}`, { cause })
  }
}
