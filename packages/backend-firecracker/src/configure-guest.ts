import { BackendError } from '@vulcan/backend'
import type { NetworkSlot } from '@vulcan/network'
import { withAgent } from './agent-operation.ts'
import { orAgentLost } from './or-agent-lost.ts'
import { MessageReader, readMessage, writeMessage } from './protocol/framing.ts'
import { configureRequest, parseConfigured } from './protocol/messages.ts'
import { Steps } from './steps.ts'
import type { Vm, VmHost } from './vm.ts'

/** From the connection to the answer. */
const CONFIGURE_DEADLINE_MS = 30_000

/**
 * Tells the guest its addresses, routes and resolvers, before anything runs in it.
 *
 * Throws `BackendError` `network_failed` with the agent's words, or `agent_lost`; `ProtocolError`;
 * `VsockConnectError`; or the signal's reason.
 */
export async function configureGuest(host: VmHost, vm: Vm, slot: NetworkSlot): Promise<void> {
  if (vm.agent === 'untyped') {
    throw new BackendError('network_failed', 'the agent of this image cannot take a network')
  }
  const steps = new Steps(host)
  const request = configureRequest({ ...slot, dns: host.config.dns })
  const { error } = await withAgent(host, vm, async ({ connection, clock, signal }) => {
    const late = `the agent did not set its network up within ${CONFIGURE_DEADLINE_MS} ms`
    clock.restart(CONFIGURE_DEADLINE_MS, new BackendError('agent_lost', late))
    await orAgentLost(writeMessage(connection, request), signal)
    const answer = await orAgentLost(readMessage(new MessageReader(connection)), signal)
    return parseConfigured(answer)
  })
  if (error !== '') {
    throw new BackendError('network_failed', `the agent could not set its network up: ${error}`)
  }
  steps.ended('address')
}
