import { BackendError } from '@vulcan/backend'
import type { WorkloadSpec } from '@vulcan/schema'
import { type AgentOperation, overConnection, withAgent } from './agent-operation.ts'
import { orAgentLost } from './or-agent-lost.ts'
import type { Output } from './output.ts'
import { ProtocolError } from './protocol/errors.ts'
import { MAX_REQUEST_BYTES, MessageReader, readMessage, writeMessage } from './protocol/framing.ts'
import {
  guestRequest,
  parseRunMessage,
  parseUntypedMessage,
  type RunMessage,
  runRequest,
} from './protocol/messages.ts'
import { Steps } from './steps.ts'
import { UntypedOutput } from './untyped-output.ts'
import type { Vm, VmHost } from './vm.ts'

/** How long the agent may take to read its request, which has at most 16 MiB. */
const REQUEST_DEADLINE_MS = 30_000
/** How much later than the agent the host ends a program on time-out: the agent's word is better. */
const TIMEOUT_GRACE_MS = 2_000
/** How long the agent may take from the request to the program's start: it unpacks and builds first. */
const PREPARE_DEADLINE_MS = 120_000

export type RunResponse = Extract<RunMessage, { type: 'result' }>['response']

/** The host's own clock ran out: neither the program nor the agent ended in time. */
export class RunTimeoutError extends Error {}

const late = (deadlineMs: number, what: string) =>
  new BackendError('agent_lost', `the agent did not ${what} within ${deadlineMs} ms`)

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
  const steps = new Steps(host)
  const converse = async (operation: AgentOperation) => {
    const startedAtMs = performance.now()
    const dialogue = { ...operation, host, vm, spec, output, steps }
    const response = await (vm.agent === 'typed' ? typedRun(dialogue) : untypedRun(dialogue))
    steps.ended('response')
    host.watcher?.answered(performance.now() - startedAtMs)
    return response
  }
  const { prepared } = vm
  if (prepared === undefined) return withAgent(host, vm, converse)
  return overConnection(vm, prepared.connection, converse)
}

/** What both kinds of a run work with. */
interface Dialogue extends AgentOperation {
  readonly host: VmHost
  readonly vm: Vm
  readonly spec: WorkloadSpec
  readonly output: Output
  readonly steps: Steps
}

async function typedRun(dialogue: Dialogue): Promise<RunResponse> {
  const { connection, host, vm, spec, output, steps, clock, signal } = dialogue
  await sendRequest(dialogue, runRequest(spec))
  clock.restart(PREPARE_DEADLINE_MS, late(PREPARE_DEADLINE_MS, 'start the program'))
  const reader = vm.prepared?.reader ?? new MessageReader(connection)
  let started = false
  let isSilent = true
  for (;;) {
    const message = parseRunMessage(await orAgentLost(readMessage(reader), signal))
    if (message.type === 'result') return message.response
    if (message.type === 'output') {
      if (isSilent) steps.ended('first_byte')
      isSilent = false
      await output.take(message.stream, message.data, signal)
    }
    if (message.type === 'started') {
      // Once: each start gives the program all of its time.
      if (started) throw new ProtocolError('message_unexpected', 'the program started twice')
      started = true
      steps.ended('interpreter')
      clock.restart(spec.timeoutS * 1000 + TIMEOUT_GRACE_MS, new RunTimeoutError())
      if (message.interpreter !== undefined) {
        host.watcher?.interpreted(spec.runtime, message.because ?? message.interpreter)
      }
      await vm.timeline.enter('running', signal)
    }
  }
}

/** Such an agent does not say when the program starts: the host's clock runs from the request. */
async function untypedRun(dialogue: Dialogue): Promise<RunResponse> {
  const { connection, vm, spec, output, clock, signal } = dialogue
  if (spec.args.length > 0) {
    throw new BackendError('invalid_request', 'the agent of this image takes no arguments')
  }
  await sendRequest(dialogue, guestRequest(spec))
  const timeoutMs = PREPARE_DEADLINE_MS + spec.timeoutS * 1000 + TIMEOUT_GRACE_MS
  clock.restart(timeoutMs, new RunTimeoutError())
  await vm.timeline.enter('running', signal)
  const reader = new MessageReader(connection, MAX_REQUEST_BYTES)
  const lines = new UntypedOutput(output, spec.outputLimitBytes)
  for (;;) {
    const message = parseUntypedMessage(await orAgentLost(readMessage(reader), signal))
    if (message.type === 'log') await lines.take(message, signal)
    else return lines.finish(message.response, signal)
  }
}

/** Code and input have limits of their own; what they are together is known only when encoded. */
async function sendRequest(
  { connection, steps, clock, signal }: Dialogue,
  request: object,
): Promise<void> {
  clock.restart(REQUEST_DEADLINE_MS, late(REQUEST_DEADLINE_MS, 'read its request'))
  try {
    await orAgentLost(writeMessage(connection, request), signal)
    steps.ended('request')
  } catch (cause) {
    if (!(cause instanceof ProtocolError)) throw cause
    throw new BackendError('invalid_request', cause.message, { cause })
  }
}
