import { BackendError } from '@vulcan/backend'
import { connectToGuest } from '@vulcan/firecracker'
import type { WorkloadSpec } from '@vulcan/schema'
import type { Output } from './output.ts'
import { ProtocolError } from './protocol/errors.ts'
import { MessageReader, writeMessage } from './protocol/framing.ts'
import { parseRunMessage, type RunMessage, runRequest } from './protocol/messages.ts'
import type { Vm, VmHost } from './vm.ts'

/** How long the agent may take to accept a connection once it said that it listens. */
const CONNECT_DEADLINE_MS = 30_000
/** How much later than the agent the host ends a program on time-out: the agent's word is better. */
const TIMEOUT_GRACE_MS = 2_000
/** How long the agent may take from the request to the program's start: it unpacks and builds first. */
const PREPARE_DEADLINE_MS = 120_000

export type RunResponse = Extract<RunMessage, { type: 'result' }>['response']

/** The host's own clock ran out: neither the program nor the agent ended in time. */
export class RunTimeoutError extends Error {}

/**
 * Sends the request and takes what the program writes until the agent's final message. One
 * operation, one connection: it is closed in any case, which ends the program if it still runs.
 *
 * Throws the signal's reason, `RunTimeoutError`, `ProtocolError`, `VsockConnectError` or
 * `BackendError` `agent_lost`.
 */
export async function run(
  host: VmHost,
  vm: Vm,
  spec: WorkloadSpec,
  output: Output,
): Promise<RunResponse> {
  await vm.timeline.enter('request')
  const connection = await connectToGuest({
    udsPath: vm.directory.udsPath,
    port: host.config.vsockPort,
    signal: vm.signal,
    deadlineMs: CONNECT_DEADLINE_MS,
  })
  using clock = new RunClock()
  const signal = AbortSignal.any([vm.signal, clock.signal])
  const onAbort = () => connection.destroy(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  // Its errors reach us through the reader; one that comes after the end has nobody to tell.
  connection.on('error', () => undefined)
  try {
    clock.restart(PREPARE_DEADLINE_MS)
    await writeMessage(connection, runRequest(spec), { signal })
    const reader = new MessageReader(connection)
    for (;;) {
      const message = parseRunMessage(await nextMessage(reader, signal))
      if (message.type === 'result') return message.response
      if (message.type === 'output') await output.take(message.stream, message.data, signal)
      if (message.type === 'started') {
        clock.restart(spec.timeoutS * 1000 + TIMEOUT_GRACE_MS)
        await vm.timeline.enter('running')
      }
    }
  } finally {
    signal.removeEventListener('abort', onAbort)
    connection.destroy()
  }
}

/** A deadline that can be set anew. */
class RunClock implements Disposable {
  readonly #controller = new AbortController()
  #timer: NodeJS.Timeout | undefined

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  restart(deadlineMs: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      this.#controller.abort(new RunTimeoutError(`no result within ${deadlineMs} ms`))
    }, deadlineMs)
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer)
  }
}

/** A message, or the most telling error: ours, the guest's fault, or the connection's end. */
async function nextMessage(reader: MessageReader, signal: AbortSignal): Promise<unknown> {
  try {
    const message = await reader.next()
    if (message !== undefined) return message
  } catch (cause) {
    signal.throwIfAborted()
    if (cause instanceof ProtocolError && cause.code !== 'message_truncated') throw cause
    throw new BackendError('agent_lost', 'the connection to the agent broke', { cause })
  }
  throw new BackendError('agent_lost', 'the agent closed the connection without a result')
}
