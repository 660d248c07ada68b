import type { Duplex } from 'node:stream'
import type { FakeVm } from './fake-vm.ts'

/** How a fake answers: well, not at all, with bytes that mean nothing, with a reset, or later. */
export type Manner =
  | 'prompt'
  | 'silent'
  | 'nonsense'
  | 'reset'
  | { readonly after: Promise<unknown> }

export const DEFAULT_VERSION = '1.16.1'

/** What a fake VM does. Calls are named as on the wire: `PUT /drives/rootfs`. */
export interface FakeScript {
  /** The version that it has, in what it tells and what it takes. Default: 1.16.1. */
  readonly version?: string
  /**
   * The agent behind a connection from the host, after OK. The connection ends when it resolves.
   * Without it nobody listens in the guest: connections end without OK.
   */
  readonly guest?: (connection: Duplex, vm: FakeVm, port: number) => Promise<void>
  /** The ports on which that agent listens. Default: all. */
  readonly guestPorts?: readonly number[]
  /** How CONNECT is answered; `silent` is a guest whose driver is not up. Default: prompt. */
  readonly acknowledge?: Manner
  /** What the guest dials to the host when it has started; without it, nothing. */
  readonly readiness?: {
    readonly port: number
    readonly message: Uint8Array
    readonly manner?: Manner
  }
  /** Refuses these calls with a fault message. */
  readonly faults?: Readonly<Record<string, string>>
  /** Is told of each call once it was acted upon, before it is answered. */
  readonly onCall?: (call: string) => Promise<void>
  /** Is killed when this call comes, which is not answered. */
  readonly dieAt?: string
  /** Runs, but never opens its API socket. */
  readonly neverOpenApi?: boolean
}
