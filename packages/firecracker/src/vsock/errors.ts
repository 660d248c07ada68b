import { VulcanError } from '@vulcan/schema'

/**
 * Why there is no connection to the guest: `unreachable` no VMM listens (ENOENT, ECONNREFUSED);
 * `closed` end or reset before OK (nobody listens in the guest); `silent` no answer (its driver is
 * not up); `nonsense` an answer that is not OK.
 */
export type VsockConnectFailure = 'unreachable' | 'closed' | 'silent' | 'nonsense'

/** A connection from the host to a port of the guest did not come about. */
export class VsockConnectError extends VulcanError<'vsock_connect_failed'> {
  readonly reason: VsockConnectFailure
  readonly udsPath: string
  readonly port: number
  /** Whether a guest that is still booting would explain it. */
  readonly retryable: boolean

  constructor(
    reason: VsockConnectFailure,
    target: { readonly udsPath: string; readonly port: number },
    options?: ErrorOptions,
  ) {
    super(
      'vsock_connect_failed',
      `no connection to port ${target.port} of the guest behind ${target.udsPath}: ${EXPLANATIONS[reason]}`,
      options,
    )
    this.reason = reason
    this.udsPath = target.udsPath
    this.port = target.port
    this.retryable = reason !== 'nonsense'
  }
}

const EXPLANATIONS = {
  unreachable: 'the socket cannot be connected to; see whether the VMM runs',
  closed: 'it was closed before OK; nobody listens on this port of the guest',
  silent: 'no OK before the deadline; the guest may not have come up',
  nonsense: 'the answer is not OK; this is no hybrid vsock',
} as const satisfies Record<VsockConnectFailure, string>

/** The guest did not connect to the host in time. */
export class VsockAcceptError extends VulcanError<'vsock_accept_failed'> {
  readonly path: string
  readonly deadlineMs: number

  constructor(path: string, deadlineMs: number) {
    super('vsock_accept_failed', `the guest did not connect to ${path} within ${deadlineMs} ms`)
    this.path = path
    this.deadlineMs = deadlineMs
  }
}
