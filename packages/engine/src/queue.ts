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
  /** It waits while so many of its owner's run. */
  readonly maxConcurrent: number
}

/** What one owner has here; there is none for an owner who has nothing. */
interface Line<Item> {
  readonly owner: string
  /** By priority, and then by age. */
  readonly waiting: Item[]
  reserved: number
  running: number
  /** Lower ones come first. */
  turn: number
  /** Whether it stands among those who may be next. */
  isInTurn: boolean
}

/**
 * Who waits. Owners take turns, one workload each; an owner's own go by priority and then by age. One
 * who runs as much as it may is passed over until one of its own has ended, and keeps its turn. A
 * place is reserved before a workload is stored and filled after it, so that what was accepted always
 * has one.
 */
export class Queue<Item extends Waiting> {
  readonly #limits: QueueLimits
  readonly #lines = new Map<string, Line<Item>>()
  /** Lines in which somebody waits, by turn, without those that were passed over. */
  readonly #inTurn: Line<Item>[] = []
  #lastTurn = 0
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
    if (this.#waitingCount + this.#reservedCount >= max) {
      throw new RefusedError(
        'no_capacity',
        `the queue of this host is full: ${max} workloads wait; try again later`,
      )
    }
    const line = this.#lines.get(owner)
    if (line !== undefined && line.reserved + line.waiting.length >= maxPerOwner) {
      throw new RefusedError(
        'no_capacity',
        `${maxPerOwner} workloads of this owner wait already: wait for one of them to start`,
        { isOwners: true },
      )
    }
    this.#reserve(this.#lineOf(owner), 1)
    return { [Symbol.dispose]: () => this.#reserve(this.#lineOf(owner), -1) }
  }

  /** Never refuses: a workload that was accepted has its place, also after a restart. */
  push(item: Item): void {
    const line = this.#lineOf(item.owner)
    if (line.waiting.length === 0) line.turn = this.#nextTurn()
    const behind = line.waiting.findIndex(({ priority }) => priority < item.priority)
    line.waiting.splice(behind === -1 ? line.waiting.length : behind, 0, item)
    this.#waitingCount += 1
    this.#update(line)
  }

  /** Whose turn it is. */
  peek(): Item | undefined {
    for (;;) {
      const [line] = this.#inTurn
      const next = line?.waiting[0]
      if (line === undefined || next === undefined) return undefined
      if (line.running < next.maxConcurrent) return next
      this.#inTurn.shift()
      line.isInTurn = false
    }
  }

  /** Takes out whose turn it is, to run until `ended`; the owner's next turn comes after all others'. */
  shift(): Item | undefined {
    if (this.peek() === undefined) return undefined
    const line = this.#inTurn.shift()
    const next = line?.waiting.shift()
    if (line === undefined || next === undefined) return undefined
    line.isInTurn = false
    line.turn = this.#nextTurn()
    line.running += 1
    this.#waitingCount -= 1
    this.#update(line)
    return next
  }

  /** One that was taken out does not run any more. */
  ended({ owner }: Item): void {
    const line = this.#lineOf(owner)
    line.running -= 1
    this.#update(line)
  }

  /** Takes one out, wherever it is; false if it does not wait. */
  remove(item: Item): boolean {
    const line = this.#lines.get(item.owner)
    const at = line?.waiting.indexOf(item) ?? -1
    if (line === undefined || at === -1) return false
    line.waiting.splice(at, 1)
    this.#waitingCount -= 1
    this.#update(line)
    return true
  }

  #lineOf(owner: string): Line<Item> {
    const known = this.#lines.get(owner)
    if (known !== undefined) return known
    const line = { owner, waiting: [], reserved: 0, running: 0, turn: 0, isInTurn: false }
    this.#lines.set(owner, line)
    return line
  }

  #nextTurn(): number {
    this.#lastTurn += 1
    return this.#lastTurn
  }

  #reserve(line: Line<Item>, count: number): void {
    line.reserved += count
    this.#reservedCount += count
    this.#update(line)
  }

  /** Whatever changed in a line: whether it may be next is found out when it is its turn. */
  #update(line: Line<Item>): void {
    const isInTurn = line.waiting.length > 0
    if (isInTurn && !line.isInTurn) this.#inTurn.splice(this.#placeOf(line), 0, line)
    if (!isInTurn && line.isInTurn) this.#inTurn.splice(this.#placeOf(line), 1)
    line.isInTurn = isInTurn
    if (line.waiting.length + line.reserved + line.running === 0) this.#lines.delete(line.owner)
  }

  /** Where a line with this turn stands, or would stand. */
  #placeOf({ turn }: Line<Item>): number {
    let low = 0
    let high = this.#inTurn.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#inTurn[middle]?.turn ?? 0) < turn) low = middle + 1
      else high = middle
    }
    return low
  }
}
