import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Queue } from '../src/queue.ts'

const SEED = Number(process.env['VULCAN_FUZZ_SEED'] ?? 1)
const RUNS = 1_000

interface Item {
  readonly name: number
  readonly owner: string
  readonly priority: number
  readonly maxConcurrent: number
}

const OWNERS = 5
const Step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant('push' as const),
      owner: fc.nat(OWNERS - 1),
      priority: fc.nat(2),
      maxConcurrent: fc.constantFrom(1, 1, 2, 3, Number.POSITIVE_INFINITY),
    }),
  },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('shift' as const) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('end' as const), which: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('remove' as const), which: fc.nat(20) }) },
)
type Step = typeof Step extends fc.Arbitrary<infer Value> ? Value : never

/** What a queue is, said as simply as can be: owners in the order of their turns. */
class Model {
  #owners: { readonly name: string; waiting: Item[] }[] = []
  readonly running: Item[] = []

  get waiting(): Item[] {
    return this.#owners.flatMap(({ waiting }) => waiting)
  }

  push(item: Item): void {
    let owner = this.#owners.find(({ name }) => name === item.owner)
    if (owner === undefined) {
      owner = { name: item.owner, waiting: [] }
      this.#owners.push(owner)
    }
    // Stable: of one priority the oldest comes first.
    owner.waiting = [...owner.waiting, item].toSorted((a, b) => b.priority - a.priority)
  }

  /** Who may run, in the order of their turns. */
  get eligible(): string[] {
    return this.#owners.filter((owner) => this.#mayRun(owner)).map(({ name }) => name)
  }

  shift(): Item | undefined {
    const at = this.#owners.findIndex((owner) => this.#mayRun(owner))
    const [owner] = at === -1 ? [] : this.#owners.splice(at, 1)
    const [next, ...rest] = owner?.waiting ?? []
    if (owner === undefined || next === undefined) return undefined
    if (rest.length > 0) this.#owners.push({ ...owner, waiting: rest })
    this.running.push(next)
    return next
  }

  remove(item: Item): void {
    for (const owner of this.#owners) owner.waiting = owner.waiting.filter((one) => one !== item)
    this.#owners = this.#owners.filter(({ waiting }) => waiting.length > 0)
  }

  #mayRun({ name, waiting }: { readonly name: string; readonly waiting: readonly Item[] }) {
    const running = this.running.filter(({ owner }) => owner === name).length
    return running < (waiting[0]?.maxConcurrent ?? 0)
  }
}

test('whoever may run is next in the order of turns, and nobody is passed over more often than there are others', () => {
  const property = fc.property(fc.array(Step, { maxLength: 100 }), (steps) => {
    const queue = new Queue<Item>({ max: 1_000, maxPerOwner: 1_000 })
    const model = new Model()
    /** How often others had a turn while an owner might have run. */
    const passedOver = new Map<string, number>()
    for (const [name, step] of steps.entries()) {
      take(step, name, queue, model, passedOver)
      assert.equal(queue.size, model.waiting.length)
    }
    for (const item of model.running.splice(0)) queue.ended(item)
    for (;;) {
      const expected = model.shift()
      assert.equal(queue.shift(), expected)
      if (expected === undefined) break
      queue.ended(expected)
      model.running.pop()
    }
    assert.equal(queue.size, 0)
  })
  fc.assert(property, { seed: SEED, numRuns: RUNS })
})

function take(
  step: Step,
  name: number,
  queue: Queue<Item>,
  model: Model,
  passedOver: Map<string, number>,
): void {
  if (step.type === 'push') {
    const item = { ...step, name, owner: `owner ${step.owner}` }
    using _place = queue.reserve(item.owner)
    queue.push(item)
    model.push(item)
  } else if (step.type === 'shift') {
    const { eligible } = model
    const expected = model.shift()
    assert.equal(queue.peek(), expected)
    assert.equal(queue.shift(), expected)
    for (const owner of eligible) passedOver.set(owner, (passedOver.get(owner) ?? 0) + 1)
    if (expected !== undefined) passedOver.delete(expected.owner)
    for (const [owner, times] of passedOver) assert.ok(times < OWNERS, `${owner} starves`)
  } else if (step.type === 'end') {
    const [item] = model.running.splice(step.which % (model.running.length || 1), 1)
    if (item !== undefined) queue.ended(item)
  } else {
    const item = model.waiting[step.which]
    if (item === undefined) return
    assert.equal(queue.remove(item), true)
    assert.equal(queue.remove(item), false)
    model.remove(item)
  }
}
