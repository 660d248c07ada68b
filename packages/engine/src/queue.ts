import { RefusedError } from './errors.ts'

export interface QueueLimits {
  /** Waiting workloads of all owners. */
  readonly max: number
  /** Waiting workloads of one owner. */
  readonly maxPerOwner: number
}

export const DEFAULT_QUEUE_LIMITS: QueueLimits = { max: 1_000, maxPerOwner: 100 }

interface Waiting {
  readonly owner: string
  readonly priority: number
}

/**
 * Who waits. Owners take turns, one workload each; an owner's own go by priority and then by age. A
 * place is reserved before a workload is stored and filled after it, so that what was accepted always
 * has one.
 */
export class Queue<Item extends Waiting> {
  readonly #limits: QueueLimits
  /** In the order of their turns; owners without waiting workloads are not in it. */
  readonly #lines = new Map<string, Item[]>()
  readonly #reserved = new Map<string, number>()
  #reservedCount = 0
  #waitingCount = 0

  constructor(limits: QueueLimits) {
    this.#limits = limits
  }

  /** How many wait. */
  get size(): number {
    return this.#waitingCount
  }

  /** Disposing gives the place back, to be filled or not. Throws `RefusedError` `no_capacity`. */
  reserve(owner: string): Disposable {
    const { max, maxPerOwner } = this.#limits
    const held = this.#reserved.get(owner) ?? 0
    if (this.#waitingCount + this.#reservedCount >= max) {
      throw new RefusedError(
        'no_capacity',
        `the queue of this host is full: ${max} workloads wait; try again later`,
      )
    }
    if (held + (this.#lines.get(owner)?.length ?? 0) >= maxPerOwner) {
      throw new RefusedError(
        'no_capacity',
        `${maxPerOwner} workloads of this owner wait already: wait for one of them to start`,
      )
    }
    this.#reserved.set(owner, held + 1)
    this.#reservedCount += 1
    return { [Symbol.dispose]: () => this.#unreserve(owner) }
  }

  /** Never refuses: a workload that was accepted has its place, also after a restart. */
  push(item: Item): void {
    const line = this.#lines.get(item.owner) ?? []
    const behind = line.findIndex(({ priority }) => priority < item.priority)
    line.splice(behind === -1 ? line.length : behind, 0, item)
    this.#lines.set(item.owner, line)
    this.#waitingCount += 1
  }

  /** Whose turn it is. */
  peek(): Item | undefined {
    const [line] = this.#lines.values()
    return line?.[0]
  }

  /** Takes out whose turn it is; the owner's next turn comes after all others'. */
  shift(): Item | undefined {
    const next = this.peek()
    if (next === undefined) return undefined
    const line = this.#lines.get(next.owner) ?? []
    this.#lines.delete(next.owner)
    line.shift()
    if (line.length > 0) this.#lines.set(next.owner, line)
    this.#waitingCount -= 1
    return next
  }

  /** Takes one out, wherever it is; false if it does not wait. */
  remove(item: Item): boolean {
    const line = this.#lines.get(item.owner)
    const at = line?.indexOf(item) ?? -1
    if (line === undefined || at === -1) return false
    line.splice(at, 1)
    if (line.length === 0) this.#lines.delete(item.owner)
    this.#waitingCount -= 1
    return true
  }

  #unreserve(owner: string): void {
    const left = (this.#reserved.get(owner) ?? 0) - 1
    if (left > 0) this.#reserved.set(owner, left)
    else this.#reserved.delete(owner)
    this.#reservedCount -= 1
  }
}
