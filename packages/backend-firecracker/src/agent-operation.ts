import type { Duplex } from 'node:stream'
import { connectToGuest } from '@vulcan/firecracker'
import { Clock } from './clock.ts'
import type { Vm, VmHost } from './vm.ts'
import { tellConnected } from './vm-watcher.ts'

/** How long the agent may take to accept a connection once it said that it listens. */
const CONNECT_DEADLINE_MS = 30_000

/** What an operation works with. */
export interface AgentOperation {
  readonly connection: Duplex
  /** The deadline of what is awaited now. */
  readonly clock: Clock
  /** The VM's signal, or the clock's. */
  readonly signal: AbortSignal
}

/**
 * A connection to the agent. Its errors reach us through what we wait for; one that comes later has
 * nobody to tell. Throws `VsockConnectError`, or the VM's signal's reason.
 */
export async function connectToAgent(host: VmHost, vm: Vm): Promise<Duplex> {
  const connecting = connectToGuest({
    udsPath: vm.udsPath,
    port: host.config.vsockPort,
    signal: vm.signal,
    deadlineMs: CONNECT_DEADLINE_MS,
  })
  const connection = await tellConnected(host, vm, connecting)
  connection.on('error', () => undefined)
  return connection
}

/**
 * One operation with the agent, on a connection of its own: it is closed in any case, which ends the
 * operation if it still runs. Throws `VsockConnectError`, the VM's signal's reason, or what `perform`
 * throws.
 */
export async function withAgent<T>(
  host: VmHost,
  vm: Vm,
  perform: (operation: AgentOperation) => Promise<T>,
): Promise<T> {
  return overConnection(vm, await connectToAgent(host, vm), perform)
}

/** The same over a connection that is there; it is closed in any case. */
export async function overConnection<T>(
  vm: Vm,
  connection: Duplex,
  perform: (operation: AgentOperation) => Promise<T>,
): Promise<T> {
  using clock = new Clock()
  try {
    return await perform({
      connection,
      clock,
      signal: AbortSignal.any([vm.signal, clock.signal]),
    })
  } finally {
    connection.destroy()
  }
}
