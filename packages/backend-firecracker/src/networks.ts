import { randomBytes } from 'node:crypto'
import { BackendError } from '@vulcan/backend'
import { Network, type NetworkSlot, SlotPool } from '@vulcan/network'
import type { NetworkPolicy } from '@vulcan/schema'
import type { FirecrackerConfig } from './config.ts'
import { Holding } from './lifecycle/holding.ts'
import type { Layout } from './lifecycle/layout.ts'
import { lease } from './lifecycle/lease.ts'
import { Manifest, releaseHolding } from './lifecycle/manifest.ts'

export interface NetworksOptions {
  readonly layout: Layout
  readonly config: FirecrackerConfig
  readonly ownerId: string
  /** How many slots wait for a VM. */
  readonly readySlots: number
  /** Told when no slot could be made ahead, and when a half-made one could not be released. */
  readonly onError: (error: unknown) => void
}

/** A network for one VM, with a manifest of its own. Disposing releases it: it is used once. */
export interface HeldSlot extends AsyncDisposable, NetworkSlot {
  readonly holdingId: string
}

/** The networks of a host's VMs: made when needed, or before. */
export class Networks implements AsyncDisposable {
  readonly #options: NetworksOptions
  readonly #pool: SlotPool<HeldSlot>
  readonly #held = new Set<string>()
  #network: Promise<Network> | undefined

  constructor(options: NetworksOptions) {
    this.#options = options
    this.#pool = new SlotPool({
      ready: options.readySlots,
      make: (policy, signal) => this.#make(policy, signal),
      onRefillError: options.onError,
    })
  }

  /**
   * The next slot is made once `busy` has settled. Throws `BackendError` `network_failed` or
   * `no_capacity`, `NetworkError`, or the signal's reason.
   */
  async take(policy: NetworkPolicy, signal: AbortSignal, busy?: Promise<void>): Promise<HeldSlot> {
    if (process.getuid?.() !== 0) {
      throw new BackendError(
        'network_failed',
        'only root can give a VM a network: run vulcan as root, or with --network none',
      )
    }
    return this.#pool.take(policy, signal, busy)
  }

  /** Whether a slot is in use, waits, or is being made or released. */
  has(holdingId: string): boolean {
    return this.#held.has(holdingId)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#pool[Symbol.asyncDispose]()
  }

  async #make(policy: NetworkPolicy, signal: AbortSignal): Promise<HeldSlot> {
    const { layout, ownerId } = this.#options
    const network = await this.#open()
    const holding = new Holding(layout, 'slots', randomBytes(10).toString('hex'), ownerId)
    const manifest = new Manifest(holding)
    const release = () => this.#release(holding)
    this.#held.add(holding.id)
    try {
      await manifest.open()
      const number = await lease(layout, 'slot', holding, (slot) =>
        manifest.record({ kind: 'slot', slot }),
      )
      const slot = await network.makeSlot({
        name: `vulcan-${number}`,
        containerId: holding.id,
        policy,
        record: (resource) => manifest.record(resource),
        signal,
      })
      return { ...slot, holdingId: holding.id, [Symbol.asyncDispose]: release }
    } catch (error) {
      await release().catch(this.#options.onError)
      throw error
    }
  }

  /** What stays is in its manifest, and found by the next recovery. */
  async #release(holding: Holding): Promise<void> {
    try {
      await releaseHolding(holding, this.#options.layout)
    } finally {
      this.#held.delete(holding.id)
    }
  }

  /** Once; but what the operator mends meanwhile is found by the next VM. */
  #open(): Promise<Network> {
    const { cniConfigDir, cniBinDirs } = this.#options.config
    this.#network ??= Network.open({ cniConfigDir, cniBinDirs }).catch((error: unknown) => {
      this.#network = undefined
      throw error
    })
    return this.#network
  }
}
