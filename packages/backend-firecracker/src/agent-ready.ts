import { setTimeout as delay } from 'node:timers/promises'
import { BackendError } from '@vulcan/backend'
import { connectToGuest, type GuestListener, type VmmProcess } from '@vulcan/firecracker'
import { Clock } from './clock.ts'
import { orAgentLost } from './or-agent-lost.ts'
import { MessageReader, readMessage } from './protocol/framing.ts'
import { parseReady } from './protocol/messages.ts'
import type { Vm } from './vm.ts'

/** How long the agent may take from its connection to its one message. */
const READY_MESSAGE_DEADLINE_MS = 10_000
/** The part of the boot's time after which an agent that has not dialled is looked for. */
const SILENT_PART = 0.5
const LOOK_EVERY_MS = 1_000

interface Awaited {
  readonly vm: Vm
  readonly vmm: VmmProcess
  readonly listener: GuestListener
  /** The agent's, in the guest. */
  readonly port: number
  readonly bootTimeoutMs: number
}

/**
 * Waits until the agent takes requests: its one connection and its word, an event; or, from an agent
 * that knows only the untyped run and does not dial, that its port can be connected to. Resolves to
 * what it speaks.
 *
 * Throws `VsockAcceptError` after the deadline, `BackendError` `boot_failed` when the VMM ends first
 * or `agent_unreachable`, `ProtocolError`, or the signal's reason.
 */
export async function agentReady(awaited: Awaited): Promise<'typed' | 'untyped'> {
  const { vm, vmm } = awaited
  const settled = new AbortController()
  const ended = new AbortController()
  void vmm.exited.then(() => {
    ended.abort(new BackendError('boot_failed', 'the guest ended before its agent was ready'))
  })
  const signal = AbortSignal.any([vm.signal, ended.signal, settled.signal])
  const dialled = dialledAgent(awaited, signal)
  // An attempt that fails says nothing: the listener has the deadline, and the better words.
  const found = foundAgent(awaited, signal).catch(() => dialled)
  try {
    return await Promise.race([dialled, found])
  } finally {
    settled.abort()
    await Promise.allSettled([dialled, found])
  }
}

async function dialledAgent(
  { listener, bootTimeoutMs }: Awaited,
  signal: AbortSignal,
): Promise<'typed'> {
  const connection = await listener.accept({ deadlineMs: bootTimeoutMs, signal })
  using clock = new Clock()
  clock.restart(
    READY_MESSAGE_DEADLINE_MS,
    new BackendError(
      'agent_unreachable',
      `the agent connected and did not say within ${READY_MESSAGE_DEADLINE_MS} ms that it is ready`,
    ),
  )
  try {
    const bounded = AbortSignal.any([signal, clock.signal])
    parseReady(await orAgentLost(readMessage(new MessageReader(connection)), bounded))
    return 'typed'
  } finally {
    connection.destroy()
  }
}

async function foundAgent(
  { vm, port, bootTimeoutMs }: Awaited,
  signal: AbortSignal,
): Promise<'untyped'> {
  await delay(bootTimeoutMs * SILENT_PART, undefined, { signal, ref: false })
  const connection = await connectToGuest({
    udsPath: vm.holding.udsPath,
    port,
    deadlineMs: bootTimeoutMs * (1 - SILENT_PART),
    retryEveryMs: LOOK_EVERY_MS,
    signal,
  })
  connection.destroy()
  return 'untyped'
}
