import { NetworkPolicy } from '@vulcan/schema'

export interface SlotPoolOptions<Slot extends AsyncDisposable> {
  /** Slots kept ready for each policy in use; with 0 every one is made on demand. */
  readonly ready: number
  readonly make: (policy: NetworkPolicy, signal: AbortSignal) => Promise<Slot>
  /** Told of a slot that could not be made ahead, or not be released at the end. */
  readonly onRefillError: (error: unknown) => void
}

/**
 * Ready slots, each handed out once. `public` ones are made from the start, those of another policy
 * from its first use on. A failed refill is tried again at the next `take`, which makes a slot on
 * demand when none is ready.
 */
export class SlotPool<Slot extends AsyncDisposable> implements AsyncDisposable {
  readonly #options: SlotPoolOptions<Slot>
  readonly #shelves = new Map<NetworkPolicy, Shelf<Slot>>()
  readonly #closing = new AbortController()
  #closed: Promise<void> | undefined

  constructor(options: SlotPoolOptions<Slot>) {
    this.#options = options
    this.#refill(NetworkPolicy.enum.public)
  }

  /**
   * The caller's from now on, to be disposed by it. The next one is made once `busy` has settled,
   * so that it takes no time from what the caller does first. Throws what `make` throws, or the
   * signal's reason.
   */
  async take(
    policy: NetworkPolicy,
    signal: AbortSignal,
    busy: Promise<void> = Promise.resolve(),
  ): Promise<Slot> {
    signal.throwIfAborted()
    this.#closing.signal.throwIfAborted()
    const slot = this.#shelf(policy).ready.shift()
    const refill = () => this.#refill(policy)
    void busy.then(refill, refill)
    return slot ?? (await this.#options.make(policy, signal))
  }

  /** Releases what is ready and waits for refills under way. Slots that were taken stay. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    this.#closing.abort(new Error('the pool of slots is closed'))
    const shelves = [...this.#shelves.values()]
    await Promise.all(shelves.map(({ filled }) => filled))
    await Promise.all(
      shelves.flatMap(({ ready }) => ready.splice(0)).map((slot) => this.#drop(slot)),
    )
  }

  #shelf(policy: NetworkPolicy): Shelf<Slot> {
    const shelf = this.#shelves.get(policy) ?? { ready: [], filling: false, filled: undefined }
    this.#shelves.set(policy, shelf)
    return shelf
  }

  #refill(policy: NetworkPolicy): void {
    const shelf = this.#shelf(policy)
    if (shelf.filling) return
    shelf.filling = true
    shelf.filled = this.#fill(policy, shelf)
  }

  /** One after the other: those on demand should not wait for the machine. Never rejects. */
  async #fill(policy: NetworkPolicy, shelf: Shelf<Slot>): Promise<void> {
    const { signal } = this.#closing
    try {
      while (shelf.ready.length < this.#options.ready && !signal.aborted) {
        shelf.ready.push(await this.#options.make(policy, signal))
      }
    } catch (error) {
      if (!signal.aborted) this.#options.onRefillError(error)
    } finally {
      // In the same turn as the last look at what is ready, so that no take is missed.
      shelf.filling = false
    }
  }

  async #drop(slot: Slot): Promise<void> {
    try {
      await slot[Symbol.asyncDispose]()
    } catch (error) {
      this.#options.onRefillError(error)
    }
  }
}

interface Shelf<Slot> {
  readonly ready: Slot[]
  filling: boolean
  /** Settles with the latest refill. */
  filled: Promise<void> | undefined
}
