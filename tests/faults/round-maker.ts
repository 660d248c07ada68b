import { Random } from '@vulcan/firecracker/testing'
import { isSlow } from './cni-faults.ts'
import type { Fault } from './fault.ts'
import { type Harness, NETWORKS } from './harness.ts'
import type { RoundPlan } from './round.ts'

/** Of so many rounds, one is of a slow fault where one was drawn. */
const SLOW_ONE_IN = 20

/** Rounds that look random and come again with the same seed. */
export class RoundMaker {
  readonly #random: Random
  readonly #harness: Harness
  readonly #decks = new Map<string, Fault[]>()

  constructor(seed: number, harness: Harness) {
    this.#random = new Random(seed)
    this.#harness = harness
  }

  next(): RoundPlan {
    const random = this.#random
    const fault = this.#fault()
    const networks = this.#networks(1 + random.below(3), fault)
    const beside = random.oneIn(3)
      ? Array.from({ length: 1 + random.below(2) }, () => this.#networks(1 + random.below(2)))
      : []
    // A pool would tell of networks that it cannot make ahead.
    const readySlots = fault.arrange === undefined && random.oneIn(8) ? 1 : 0
    const isKill = fault.killIn !== undefined || fault.trigger?.deed === 'kill'
    if (!isKill || !random.oneIn(2)) return { fault, networks, beside, readySlots }
    const step = random.pick(this.#harness.recoverySteps)
    const edge = random.pick(['before', 'after'] as const)
    return { fault, networks, beside, readySlots, recoveryTrigger: { step, edge, deed: 'kill' } }
  }

  /** Half of the rounds kill an owner at one of its steps. */
  #fault(): Fault {
    const random = this.#random
    const kinds = [...this.#harness.faults.keys()]
    const kind = random.oneIn(2) ? 'kill -9 at a step' : random.pick(kinds)
    const fault = this.#draw(kind)
    return isSlow(fault) && !random.oneIn(SLOW_ONE_IN) ? this.#fault() : fault
  }

  /** Each fault of a kind comes once before one comes again. */
  #draw(kind: string): Fault {
    const deck = this.#decks.get(kind) ?? []
    if (deck.length === 0) deck.push(...(this.#harness.faults.get(kind) ?? []))
    this.#decks.set(kind, deck)
    const [fault] = deck.splice(this.#random.below(deck.length), 1)
    if (fault === undefined) throw new RangeError(`there is no fault of the kind "${kind}"`)
    return fault
  }

  #networks(count: number, fault?: Fault) {
    return Array.from({ length: count }, () => fault?.network ?? this.#random.pick(NETWORKS))
  }
}
