import type { Duplex } from 'node:stream'
import { BackendError } from '@vulcan/backend'
import { connectToAgent } from './agent-operation.ts'
import { Clock } from './clock.ts'
import { orAgentLost } from './or-agent-lost.ts'
import { MessageReader, readMessage, writeMessage } from './protocol/framing.ts'
import { PREPARE_REQUEST, type Prepared, parsePrepared } from './protocol/messages.ts'
import type { Vm, VmHost } from './vm.ts'

/** How long an interpreter may take to its start, or a toolchain to warm itself up. */
const PREPARE_DEADLINE_MS = 120_000

/**
 * An operation with the agent that has begun: the request of its run is still to come. Disposing ends
 * it, whatever it has come to.
 */
export interface PreparedRun extends Disposable {
  readonly connection: Duplex
  readonly reader: MessageReader
  readonly interpreter: Prepared['interpreter']
  /** Of the same clock as `performance.now`. */
  readonly atMs: number
}

/**
 * Has the agent do ahead what a run begins with, such as starting an interpreter. Undefined where the
 * agent cannot. Throws `VsockConnectError`, `ProtocolError`, `BackendError` `agent_lost`, or the VM's
 * signal's reason.
 */
export async function prepareRun(host: VmHost, vm: Vm): Promise<PreparedRun | undefined> {
  if (vm.agent === 'untyped') return undefined
  const connection = await connectToAgent(host, vm)
  using opened = new DisposableStack()
  opened.defer(() => connection.destroy())
  using clock = new Clock()
  const late = `the agent did not prepare a run within ${PREPARE_DEADLINE_MS} ms`
  clock.restart(PREPARE_DEADLINE_MS, new BackendError('agent_lost', late))
  const signal = AbortSignal.any([vm.signal, clock.signal])
  const reader = new MessageReader(connection)
  await orAgentLost(writeMessage(connection, PREPARE_REQUEST), signal)
  const prepared = parsePrepared(await orAgentLost(readMessage(reader), signal))
  if (prepared === undefined) return undefined
  const held = opened.move()
  return {
    connection,
    reader,
    interpreter: prepared.interpreter,
    atMs: performance.now(),
    [Symbol.dispose]: () => held.dispose(),
  }
}
