import { BackendError } from '@vulcan/backend'
import { connectToGuest, type GuestListener, type VmmProcess } from '@vulcan/firecracker'
import { BEYOND_ANY_BOOT_MS } from './boot-clock.ts'
import { Clock } from './clock.ts'
import { orAgentLost } from './or-agent-lost.ts'
import { MessageReader, readMessage } from './protocol/framing.ts'
import { parseReady } from './protocol/messages.ts'
import { tellBoot } from './steps.ts'
import type { Vm, VmHost } from './vm.ts'

/** How long the agent may take from its connection to its one message. */
const READY_MESSAGE_DEADLINE_MS = 10_000
/** How long an agent that has not dialled in the boot's time is looked for. */
const LOOK_DEADLINE_MS = 2_000
const LOOK_EVERY_MS = 200

interface Awaited {
  readonly host: VmHost
  readonly vm: Vm
  readonly vmm: VmmProcess
  readonly listener: GuestListener
  /** The agent's, in the guest. */
  readonly port: number
  /** When the guest was started, of `performance.now()`. */
  readonly startedAtMs: number
  /** Aborts with what is thrown when the boot has taken too long. */
  readonly bootTime: AbortSignal
}

/**
 * Waits until the agent takes requests: its one connection and its word, an event. One that knows
 * only the untyped run does not dial, and is found in the end by connecting to its port: not before,
 * since vhost-device-vsock stops for good at a connection that comes before the guest's driver.
 * Resolves to what the agent speaks.
 *
 * Throws the reason of `bootTime`, `BackendError` `boot_failed` when the VMM ends first,
 * `ProtocolError`, or the VM's signal's reason.
 */
export async function agentReady(awaited: Awaited): Promise<'typed' | 'untyped'> {
  const { vm, vmm, bootTime } = awaited
  const ended = new AbortController()
  void vmm.exited.then(() => {
    ended.abort(new BackendError('boot_failed', 'the guest ended before its agent was ready'))
  })
  const signal = AbortSignal.any([vm.signal, ended.signal])
  try {
    await dialledAgent(awaited, AbortSignal.any([signal, bootTime]))
    return 'typed'
  } catch (error) {
    if (error !== bootTime.reason || !(await isListening(awaited, signal))) throw error
    return 'untyped'
  }
}

async function dialledAgent(
  { host, listener, startedAtMs }: Awaited,
  signal: AbortSignal,
): Promise<void> {
  const connection = await listener.accept({ deadlineMs: BEYOND_ANY_BOOT_MS, signal })
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
    const message = await orAgentLost(readMessage(new MessageReader(connection)), bounded)
    tellBoot(host, startedAtMs, parseReady(message))
  } finally {
    connection.destroy()
  }
}

async function isListening({ vm, port }: Awaited, signal: AbortSignal): Promise<boolean> {
  try {
    const connection = await connectToGuest({
      udsPath: vm.udsPath,
      port,
      deadlineMs: LOOK_DEADLINE_MS,
      retryEveryMs: LOOK_EVERY_MS,
      signal,
    })
    connection.destroy()
    return true
  } catch {
    signal.throwIfAborted()
    return false
  }
}
