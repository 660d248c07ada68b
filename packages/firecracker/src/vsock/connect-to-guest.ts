import { once } from 'node:events'
import { connect } from 'node:net'
import type { Duplex } from 'node:stream'
import { startDeadline } from '../deadline.ts'
import { orAborted } from '../or-aborted.ts'
import { checkSocketPath } from '../socket-path.ts'
import { VsockConnectError, type VsockConnectFailure } from './errors.ts'
import { readAcknowledgement } from './read-acknowledgement.ts'
import { VsockStream } from './vsock-stream.ts'

export interface ConnectToGuestOptions {
  /** The vsock's socket, as the VMM was configured with. */
  readonly udsPath: string
  /** The port that the guest listens on. */
  readonly port: number
  /** For everything, attempts included. */
  readonly deadlineMs: number
  readonly signal?: AbortSignal
  /** Where given, attempts that a booting guest explains are repeated after this pause. */
  readonly retryEveryMs?: number
}

/**
 * With retries, how long one attempt waits for OK: a guest whose driver comes up after CONNECT
 * never answers it.
 */
const ATTEMPT_DEADLINE_MS = 1_000

/**
 * Connects to a port of the guest through the VMM's hybrid vsock.
 *
 * Throws `VsockConnectError` (`vsock_connect_failed`), whose `retryable` says whether a guest that
 * still boots would explain it, `SocketPathError` (`socket_path_too_long`), and the reason of
 * `signal`. The stream belongs to the caller, who must destroy it.
 */
export async function connectToGuest(options: ConnectToGuestOptions): Promise<Duplex> {
  const { udsPath, deadlineMs, signal, retryEveryMs } = options
  checkSocketPath(udsPath)
  using deadline = startDeadline(deadlineMs, signal)
  const attemptDeadlineMs = retryEveryMs === undefined ? deadlineMs : ATTEMPT_DEADLINE_MS
  for (;;) {
    const outcome = await attempt(options, attemptDeadlineMs, deadline.signal)
    if (outcome instanceof VsockStream) return outcome
    signal?.throwIfAborted()
    if (retryEveryMs === undefined || !outcome.retryable) throw outcome
    await pause(retryEveryMs, deadline.signal)
    signal?.throwIfAborted()
    if (deadline.signal.aborted) throw outcome
  }
}

async function attempt(
  target: ConnectToGuestOptions,
  deadlineMs: number,
  signal: AbortSignal,
): Promise<VsockStream | VsockConnectError> {
  using deadline = startDeadline(deadlineMs, signal)
  const socket = connect({ path: target.udsPath, allowHalfOpen: true })
  const failed = (reason: VsockConnectFailure, cause?: unknown) => {
    socket.destroy()
    return new VsockConnectError(reason, target, { cause })
  }
  try {
    await once(socket, 'connect', { signal: deadline.signal })
  } catch (cause) {
    return failed('unreachable', cause)
  }
  // Until the stream listens, a reset shows as the socket's close.
  socket.on('error', () => socket.destroy())
  socket.write(`CONNECT ${target.port}\n`)
  try {
    const outcome = await orAborted(readAcknowledgement(socket), deadline.signal)
    return typeof outcome === 'string' ? failed(outcome) : new VsockStream(socket, outcome)
  } catch (cause) {
    return failed('silent', cause)
  }
}

async function pause(durationMs: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, durationMs)
  signal.addEventListener('abort', () => resolve(), { once: true })
  if (signal.aborted) resolve()
  await promise
  clearTimeout(timer)
}
