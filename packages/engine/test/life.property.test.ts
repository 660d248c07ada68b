import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { FakeBackend } from '@vulcan/backend/testing'
import {
  IdempotencyError,
  type Insertion,
  MemoryStore,
  RefusedError,
  type Store,
  type SubmitOptions,
  WorkloadEndedError,
} from '@vulcan/engine'
import { finalStatus, type Status, type Workload, type WorkloadEnd } from '@vulcan/schema'
import fc from 'fast-check'
import { openEngine } from './support/engine-under-test.ts'
import { aSpec } from './support/workloads.ts'

const SEED = Number(process.env['VULCAN_FUZZ_SEED'] ?? 1)
const RUNS = 300

/** What happens, in some order; `which` chooses among the workloads of that moment. */
const Step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      type: fc.constant('submit' as const),
      owner: fc.nat(2),
      maxConcurrent: fc.constantFrom(undefined, 1, 2),
      key: fc.constantFrom(undefined, undefined, 'k1', 'k2'),
      requestHash: fc.constantFrom('a', 'a', 'b'),
    }),
  },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('kill' as const), which: fc.nat(50) }) },
  { weight: 5, arbitrary: fc.record({ type: fc.constant('exit' as const), which: fc.nat(50) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('fail' as const), which: fc.nat(50) }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('write' as const), which: fc.nat(50) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('crash' as const) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('drain' as const) }) },
  { weight: 8, arbitrary: fc.record({ type: fc.constant('turns' as const), count: fc.nat(5) }) },
)
type Step = typeof Step extends fc.Arbitrary<infer Value> ? Value : never

test('every accepted workload ends in exactly one final state, whatever happens', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(Step, { maxLength: 60 }), async (steps) => {
      const life = await Life.begin()
      for (const step of steps) await life.take(step)
      await life.finish()
    }),
    { seed: SEED, numRuns: RUNS },
  )
})

/** A disk that outlives the processes that use it, and saw every end that was recorded on it. */
class Disk extends MemoryStore {
  readonly ends = new Map<string, WorkloadEnd[]>()
  readonly starts = new Map<string, number>()

  override async insert(...row: Parameters<Store['insert']>): Promise<Insertion> {
    const insertion = await super.insert(...row)
    const [{ id, status }] = row
    if (insertion.type === 'inserted' && status === 'running') this.starts.set(id, 1)
    return insertion
  }

  override async start(id: string, startedAtMs: number): Promise<boolean> {
    const started = await super.start(id, startedAtMs)
    if (started) this.starts.set(id, (this.starts.get(id) ?? 0) + 1)
    return started
  }

  override async end(id: string, end: WorkloadEnd): Promise<boolean> {
    const ended = await super.end(id, end)
    if (ended) this.ends.set(id, [...(this.ends.get(id) ?? []), end])
    return ended
  }
}

/** One process's way to the disk, which takes its time; after its crash nothing more arrives. */
function connect(disk: Disk): { readonly store: Store; readonly crash: () => void } {
  let crashed = false
  const store = new Proxy<Store>(disk, {
    get(target, name) {
      const method: unknown = Reflect.get(target, name)
      if (typeof method !== 'function') return method
      return async (...parameters: unknown[]) => {
        await turn()
        // As for a process that was killed: nobody hears of what was under way.
        if (crashed) return new Promise(() => undefined)
        const result: unknown = await method.apply(target, parameters)
        await turn()
        return crashed ? new Promise(() => undefined) : result
      }
    },
  })
  return {
    store,
    crash: () => {
      crashed = true
    },
  }
}

/** A host that lives, dies and lives again on one disk, and what its users were told. */
class Life {
  readonly #disk: Disk
  /** Whoever was told that a workload is accepted. */
  readonly #accepted = new Set<string>()
  /** What users were told of ends; it must stay true. */
  readonly #told = new Map<string, Status>()
  /** What users were told that their keys stand for. */
  readonly #keys = new Map<string, { readonly workloadId: string; readonly requestHash: string }>()
  readonly #wrongAnswers: unknown[] = []
  #process: Awaited<ReturnType<typeof openProcess>>

  private constructor(process: Awaited<ReturnType<typeof openProcess>>, disk: Disk) {
    this.#process = process
    this.#disk = disk
  }

  static async begin(): Promise<Life> {
    const disk = new Disk()
    return new Life(await openProcess(disk), disk)
  }

  async take(step: Step): Promise<void> {
    const { backend, crash, engine } = this.#process
    const execution = () =>
      'which' in step ? backend.executions[step.which % backend.executions.length] : undefined
    switch (step.type) {
      case 'submit':
        return this.#submit(step)
      case 'kill':
        return this.#kill([...this.#accepted][step.which % (this.#accepted.size || 1)])
      case 'exit':
        return execution()?.exit(step.which)
      case 'fail':
        return execution()?.fail('vmm_crashed')
      case 'write':
        return void execution()?.write('words')
      case 'crash':
        crash()
        this.#process = await openProcess(this.#disk)
        return
      case 'drain':
        await engine.drain({ graceMs: 0, waiting: 'keep' })
        assert.equal(backend.held.size, 0)
        crash()
        this.#process = await openProcess(this.#disk)
        return
      case 'turns':
        for (let at = 0; at < step.count; at += 1) await turn()
    }
  }

  /** Lets everything end, and judges. */
  async finish(): Promise<void> {
    const { engine, backend } = this.#process
    // For calls that are under way; those to a process that died get no answer.
    for (let at = 0; at < 20; at += 1) await turn()
    assert.deepEqual(this.#wrongAnswers, [])
    for (;;) {
      for (const execution of backend.executions) execution.exit()
      if (engine.load.waiting + engine.load.running === 0) break
      await turn()
    }
    for (const id of this.#accepted) {
      const workload = await engine.get(id)
      const ends = this.#disk.ends.get(id) ?? []
      assert.equal(ends.length, 1, `${id} has ${ends.length} ends`)
      assert.deepEqual(workload.end, ends[0])
      assert.equal(workload.status, ends[0] && finalStatus(ends[0].reason))
      assert.equal(workload.status, this.#told.get(id) ?? workload.status)
      assert.ok((this.#disk.starts.get(id) ?? 0) <= 1, `${id} ran twice`)
      assert.equal(await this.#disk.spec(id), undefined)
    }
    const { byStatus, total } = await engine.stats()
    assert.deepEqual([byStatus.pending, byStatus.running], [0, 0])
    assert.ok(total >= this.#accepted.size)
    assert.equal(backend.held.size, 0)
    await engine[Symbol.asyncDispose]()
  }

  #submit({ owner, maxConcurrent, key, requestHash }: Extract<Step, { type: 'submit' }>): void {
    const spec = aSpec()
    const options: SubmitOptions = {
      owner: `owner ${owner}`,
      maxConcurrent,
      idempotency: key === undefined ? undefined : { key, requestHash },
    }
    this.#call(async () => {
      const { workload, isNew } = await this.#process.engine.submit(spec, options)
      assert.equal(workload.id === spec.id, isNew)
      if (isNew) assert.equal(workload.status, 'pending')
      this.#accepted.add(workload.id)
      if (key !== undefined) this.#keep(`${owner} ${key}`, workload.id, requestHash)
    })
  }

  /** A key stands for one request of its owner, whatever happens. */
  #keep(name: string, workloadId: string, requestHash: string): void {
    const kept = this.#keys.get(name) ?? { workloadId, requestHash }
    assert.deepEqual({ workloadId, requestHash }, kept)
    this.#keys.set(name, kept)
  }

  #kill(id: string | undefined): void {
    if (id === undefined) return
    this.#call(async () => this.#tell(await this.#process.engine.kill(id)))
  }

  #tell({ id, status }: Workload): void {
    this.#told.set(id, status)
  }

  /** A user's call: it may be refused, or never be answered by a process that dies. */
  #call(call: () => Promise<void>): void {
    call().catch((error: unknown) => {
      const isExpected =
        error instanceof RefusedError ||
        error instanceof WorkloadEndedError ||
        error instanceof IdempotencyError
      if (!isExpected) this.#wrongAnswers.push(error)
    })
  }
}

async function openProcess(disk: Disk) {
  const { store, crash } = connect(disk)
  const backend = new FakeBackend(2)
  const queue = { max: 8, maxPerOwner: 4 }
  const { engine } = await openEngine({ store, backend, queue })
  return {
    engine,
    backend,
    crash: () => {
      crash()
      // What it ran ends with it, and with that its timers.
      for (const execution of backend.executions) execution.end({ outcome: 'killed' })
    },
  }
}
