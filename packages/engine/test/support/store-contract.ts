import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { CursorError, type NewEvent, type Store } from '@vulcan/engine'
import type { Workload } from '@vulcan/schema'
import { anEnd, aSpec, aWorkload } from './workloads.ts'

/** How a test gets an empty store of a kind; what it needs is released after the test. */
export type OpenStore = (t: TestContext) => Promise<Store>

const INSERTED = { type: 'inserted' }
const ID_TAKEN = { type: 'id_taken' }

/** Takes a pending workload in, with a spec of its own. */
export async function insertInto(store: Store, change: Partial<Workload> = {}): Promise<Workload> {
  const workload = aWorkload(change)
  assert.deepEqual(await store.insert(workload, aSpec({ id: workload.id })), INSERTED)
  return workload
}

async function insertRunning(store: Store, change: Partial<Workload> = {}): Promise<Workload> {
  const workload = await insertInto(store, change)
  assert.equal(await store.start(workload.id, 2_000), true)
  return workload
}

function insertWithKey(store: Store, workload: Workload, key: string, requestHash: string) {
  return store.insert(workload, aSpec({ id: workload.id }), { key, requestHash })
}

const output = (text: string, stream: 'stdout' | 'stderr' = 'stdout'): NewEvent => ({
  type: 'output',
  stream,
  bytes: Uint8Array.from(Buffer.from(text)),
})

async function textsAfter(store: Store, id: string, afterSeq: number): Promise<string[]> {
  const { events } = await store.events(id, afterSeq)
  return events.map((event) =>
    event.type === 'output' ? `${event.seq} ${Buffer.from(event.bytes)}` : `${event.seq} phase`,
  )
}

/**
 * What every store must do. Each implementation calls this once, with its name; one of another package
 * imports this file by its path, since a package has one entry point.
 */
export function testStoreContract(name: string, openStore: OpenStore): void {
  const contract = (sentence: string, check: (store: Store) => Promise<void>) =>
    test(`${name}: ${sentence}`, async (t) => check(await openStore(t)))

  contract('what was inserted is found as it was', async (store) => {
    const workload = await insertInto(store, {
      network: 'public',
      inputHash: 'ab'.repeat(32),
      maxConcurrent: 3,
    })
    assert.deepEqual(await store.get(workload.id), workload)
    assert.equal(await store.status(workload.id), 'pending')
    const { id: unknown } = aWorkload()
    assert.deepEqual(
      [await store.get(unknown), await store.status(unknown)],
      [undefined, undefined],
    )
  })

  contract('an id is taken once, and the first workload keeps its spec', async (store) => {
    const first = aSpec({ code: 'the first' })
    const second = aSpec({ id: first.id, code: 'the second' })
    assert.deepEqual(await store.insert(aWorkload({ id: first.id }), first), INSERTED)
    const another = aWorkload({ id: first.id, owner: 'two' })
    assert.deepEqual(await store.insert(another, second), ID_TAKEN)
    assert.equal((await store.get(first.id))?.owner, 'one')
    assert.deepEqual(plain(await store.spec(first.id)), plain(first))
    await store.end(first.id, anEnd({ reason: 'killed' }))
    assert.deepEqual(await store.insert(aWorkload({ id: first.id }), second), ID_TAKEN)
    assert.equal(await store.spec(first.id), undefined)
  })

  contract(
    'a spec comes back byte for byte, and is gone when its workload has ended',
    async (store) => {
      const { code: _, ...base } = aSpec()
      const spec = {
        ...base,
        codeArchive: Uint8Array.from([0, 255, 10]),
        input: new Uint8Array(0),
        env: { NAME: 'ünï\n"=' },
        args: ['', '\u{1f30b}'],
        entrypoint: 'a/b.py',
      }
      const withCode = aSpec({ code: 'print("ü")', input: Buffer.from('in') })
      for (const each of [spec, withCode]) {
        await store.insert(aWorkload({ id: each.id }), each)
        const found = await store.spec(each.id)
        assert.deepEqual(plain(found), plain(each))
        await store.start(each.id, 1)
        assert.deepEqual(plain(await store.spec(each.id)), plain(each))
        await store.end(each.id, anEnd())
        assert.equal(await store.spec(each.id), undefined)
      }
      assert.equal(await store.spec(aSpec().id), undefined)
    },
  )

  contract(
    'one that starts as it comes is running, and its spec is kept nowhere',
    async (store) => {
      const started = aWorkload({ status: 'running', startedAtMs: 1_500 })
      const spec = aSpec({ id: started.id })
      assert.deepEqual(await store.insert(started, spec), INSERTED)
      assert.deepEqual(await store.get(started.id), started)
      assert.equal(await store.spec(started.id), undefined)
      assert.equal((await store.stats()).byStatus.running, 1)
      assert.deepEqual(await store.insert(started, spec), ID_TAKEN)
      assert.equal(await store.start(started.id, 2_000), false)
      assert.equal(await store.end(started.id, anEnd()), true)
      assert.equal(await store.status(started.id), 'completed')
    },
  )

  contract('a workload runs and ends, with all that is known of its end', async (store) => {
    const workload = await insertRunning(store)
    assert.deepEqual(await store.get(workload.id), {
      ...workload,
      status: 'running',
      startedAtMs: 2_000,
    })
    const end = anEnd()
    assert.equal(await store.end(workload.id, end), true)
    assert.deepEqual(await store.get(workload.id), {
      ...workload,
      status: 'completed',
      startedAtMs: 2_000,
      end,
    })
  })

  contract(
    'only the steps of the table are taken, and the second of two comes too late',
    async (store) => {
      const { id } = await insertInto(store)
      assert.equal(await store.end(id, anEnd({ reason: 'exited' })), false)
      assert.equal((await store.get(id))?.status, 'pending')
      const ends = [anEnd({ reason: 'killed' }), anEnd({ reason: 'owner_died' })]
      const both = await Promise.all(ends.map((end) => store.end(id, end)))
      assert.deepEqual(both.toSorted(), [false, true])
      const first = await store.get(id)
      assert.equal(await store.start(id, 9), false)
      assert.equal(await store.end(id, anEnd({ reason: 'timeout' })), false)
      assert.deepEqual(await store.get(id), first)
      assert.equal(await store.start(aWorkload().id, 9), false)
      assert.equal(await store.end(aWorkload().id, anEnd()), false)
    },
  )

  contract('events come back in order, from any place in a batch', async (store) => {
    const { id } = await insertRunning(store)
    const other = await insertRunning(store)
    await store.append([
      {
        workloadId: id,
        firstSeq: 0,
        atMs: 10,
        events: [{ type: 'phase', phase: 'running', sinceStartMs: 1.5 }, output('one')],
      },
      { workloadId: other.id, firstSeq: 0, atMs: 10, events: [output('of another')] },
    ])
    await store.append([
      { workloadId: id, firstSeq: 2, atMs: 20, events: [output('two', 'stderr'), output('')] },
    ])
    assert.deepEqual(await textsAfter(store, id, -1), ['0 phase', '1 one', '2 two', '3 '])
    assert.deepEqual(await textsAfter(store, id, 0), ['1 one', '2 two', '3 '])
    assert.deepEqual(await textsAfter(store, id, 2), ['3 '])
    assert.deepEqual(await textsAfter(store, id, 3), [])
    assert.deepEqual(await textsAfter(store, other.id, -1), ['0 of another'])
    const [phase, , two] = (await store.events(id, -1)).events
    assert.deepEqual(phase, {
      type: 'phase',
      phase: 'running',
      sinceStartMs: 1.5,
      seq: 0,
      atMs: 10,
    })
    assert.deepEqual(
      two?.type === 'output' && [two.stream, two.atMs, Buffer.from(two.bytes).toString()],
      ['stderr', 20, 'two'],
    )
  })

  contract('events of what does not run are dropped', async (store) => {
    const { id } = await insertInto(store)
    const batch = { workloadId: id, firstSeq: 0, atMs: 1, events: [output('early')] }
    await store.append([batch, { ...batch, workloadId: aWorkload().id }])
    await store.start(id, 1)
    await store.end(id, anEnd())
    await store.append([{ ...batch, events: [output('late')] }])
    assert.deepEqual(await textsAfter(store, id, -1), [])
  })

  contract('many events come in pages of a bounded size, without a gap', async (store) => {
    const { id } = await insertRunning(store)
    const block = 'x'.repeat(32 * 1024)
    for (let batch = 0; batch < 16; batch += 1) {
      const events = Array.from({ length: 4 }, () => output(block))
      await store.append([{ workloadId: id, firstSeq: batch * 4, atMs: 1, events }])
    }
    const seqs: number[] = []
    for (let pages = 0; ; pages += 1) {
      const { events, isLast } = await store.events(id, seqs.at(-1) ?? -1)
      assert.ok(events.length <= 16, `${events.length} events of 32 KiB in one page`)
      seqs.push(...events.map(({ seq }) => seq))
      if (isLast) break
      assert.ok(pages < 64)
    }
    assert.deepEqual(
      seqs,
      Array.from({ length: 64 }, (_, seq) => seq),
    )
  })

  contract(
    'a list has the newest first, and a cursor stays right while workloads are added',
    async (store) => {
      const ids: string[] = []
      for (let n = 0; n < 5; n += 1) ids.unshift((await insertInto(store)).id)
      const first = await store.list({ limit: 2 })
      assert.deepEqual(idsOf(first.workloads), ids.slice(0, 2))
      assert.deepEqual([first.total, first.workloads[0]?.args], [5, null])
      await insertInto(store)
      assert.ok(first.nextCursor)
      const second = await store.list({ limit: 2, cursor: first.nextCursor })
      assert.deepEqual(idsOf(second.workloads), ids.slice(2, 4))
      assert.ok(second.nextCursor)
      const third = await store.list({ limit: 2, cursor: second.nextCursor })
      assert.deepEqual(idsOf(third.workloads), ids.slice(4))
      assert.deepEqual([third.nextCursor, third.total], [null, 6])
      assert.deepEqual(idsOf((await store.list({ limit: 2, offset: 5 })).workloads), ids.slice(4))
      const whole = await store.list({ limit: 6 })
      assert.deepEqual([whole.workloads.length, whole.nextCursor], [6, null])
    },
  )

  contract('a cursor that no list gave is refused', async (store) => {
    for (const cursor of ['', 'x', '-1', 'MTI-', Buffer.from('1e9').toString('base64url')]) {
      await assert.rejects(store.list({ limit: 1, cursor }), CursorError)
    }
  })

  contract(
    'every filter alone and all of them together choose the right workloads',
    async (store) => {
      const all: Workload[] = []
      let createdAtMs = 0
      for (const owner of ['one', 'two']) {
        for (const runtime of ['go', 'node', 'python'] as const) {
          for (const step of ['pending', 'running', 'ended']) {
            createdAtMs += 10
            const { id } = await insertInto(store, { owner, runtime, createdAtMs })
            if (step !== 'pending') await store.start(id, 1)
            if (step === 'ended') await store.end(id, anEnd())
            const workload = await store.get(id)
            assert.ok(workload)
            all.unshift(workload)
          }
        }
      }
      const optional = <Value>(value: Value) => [undefined, value]
      for (const owner of optional('two')) {
        for (const status of optional('completed' as const)) {
          for (const runtime of optional('node' as const)) {
            for (const sinceMs of optional(105)) {
              const counted = all.filter(
                (workload) =>
                  workload.owner === (owner ?? workload.owner) &&
                  workload.status === (status ?? workload.status) &&
                  workload.runtime === (runtime ?? workload.runtime),
              )
              const listed = counted.filter((workload) => workload.createdAtMs >= (sinceMs ?? 0))
              const page = await store.list({ owner, status, runtime, sinceMs, limit: 100 })
              assert.deepEqual(idsOf(page.workloads), idsOf(listed))
              assert.equal(page.total, counted.length)
              const cut = await store.list({ owner, status, runtime, sinceMs, limit: 1, offset: 1 })
              assert.deepEqual(idsOf(cut.workloads), idsOf(listed.slice(1, 2)))
            }
          }
        }
      }
      assert.deepEqual((await store.list({ owner: 'nobody', limit: 1 })).workloads, [])
    },
  )

  contract('statistics count what is kept, of all or of one owner', async (store) => {
    const none = await store.stats()
    assert.deepEqual([none.total, none.avgDurationMs], [0, null])
    await insertInto(store)
    await insertRunning(store, { isolation: 'microvm' })
    for (const durationMs of [100, 200]) {
      const { id } = await insertRunning(store)
      await store.end(id, anEnd({ durationMs, finishedAtMs: durationMs }))
    }
    const unstarted = await insertInto(store, { owner: 'two' })
    await store.end(unstarted.id, anEnd({ reason: 'killed', durationMs: null }))
    assert.deepEqual(await store.stats(), {
      total: 5,
      byStatus: { pending: 1, running: 1, completed: 2, failed: 0, killed: 1 },
      byIsolation: { auto: 4, microvm: 1 },
      avgDurationMs: 150,
    })
    assert.deepEqual((await store.stats('two')).byStatus.killed, 1)
    assert.equal((await store.stats('two')).total, 1)
    await store.prune({ endedBeforeMs: 150, keep: 100, atMost: 100 })
    const left = await store.stats()
    assert.deepEqual([left.total, left.byStatus.completed, left.avgDurationMs], [4, 1, 200])
  })

  contract(
    'what ended long ago is deleted with its events, a bounded number at a time',
    async (store) => {
      const ended: string[] = []
      for (const finishedAtMs of [300, 100, 200, 400]) {
        const { id } = await insertRunning(store)
        await store.append([{ workloadId: id, firstSeq: 0, atMs: 1, events: [output('kept')] }])
        await store.end(id, anEnd({ finishedAtMs }))
        ended.push(id)
      }
      const waiting = await insertInto(store, { createdAtMs: 1 })
      const running = await insertRunning(store, { createdAtMs: 1 })
      assert.equal(await store.prune({ endedBeforeMs: 400, keep: 100, atMost: 2 }), 2)
      const present = await Promise.all(
        ended.map(async (id) => (await store.get(id)) !== undefined),
      )
      assert.deepEqual(present, [true, false, false, true])
      assert.deepEqual(await textsAfter(store, ended[1] ?? '', -1), [])
      assert.equal(await store.prune({ endedBeforeMs: 400, keep: 100, atMost: 2 }), 1)
      assert.equal(await store.prune({ endedBeforeMs: 400, keep: 100, atMost: 2 }), 0)
      assert.equal((await store.get(waiting.id))?.status, 'pending')
      assert.equal((await store.get(running.id))?.status, 'running')
    },
  )

  contract(
    'of too many workloads those go that ended first, and only what has ended',
    async (store) => {
      const ended: string[] = []
      for (const finishedAtMs of [100, 200, 300]) {
        const { id } = await insertRunning(store)
        await store.end(id, anEnd({ finishedAtMs }))
        ended.push(id)
      }
      await insertInto(store)
      assert.equal(await store.prune({ endedBeforeMs: 0, keep: 2, atMost: 100 }), 2)
      assert.equal(await store.get(ended[1] ?? ''), undefined)
      assert.equal((await store.get(ended[2] ?? ''))?.status, 'completed')
      assert.equal(await store.prune({ endedBeforeMs: 0, keep: 0, atMost: 100 }), 1)
      assert.equal((await store.list({ limit: 10 })).total, 1)
    },
  )

  contract('a key stands for its first request, for each owner by itself', async (store) => {
    const first = aWorkload({ owner: 'one' })
    assert.deepEqual(await insertWithKey(store, first, 'k', 'hash of 1'), INSERTED)
    const by = { workloadId: first.id, requestHash: 'hash of 1' }
    const again = aWorkload({ owner: 'one' })
    for (const hash of ['hash of 1', 'hash of 2']) {
      assert.deepEqual(await insertWithKey(store, again, 'k', hash), { type: 'key_taken', by })
    }
    assert.deepEqual(
      [await store.get(again.id), await store.spec(again.id)],
      [undefined, undefined],
    )
    assert.deepEqual(await insertWithKey(store, aWorkload({ owner: 'two' }), 'k', 'x'), INSERTED)
    assert.deepEqual(await insertWithKey(store, again, 'k2', 'x'), INSERTED)
    assert.deepEqual(await store.keptRequest('one', 'k', 0), by)
    assert.equal((await store.keptRequest('one', 'k2', 0))?.workloadId, again.id)
    assert.equal(await store.keptRequest('three', 'k', 0), undefined)
    await store.end(first.id, anEnd({ reason: 'killed' }))
    assert.deepEqual(await store.keptRequest('one', 'k', 0), by)
  })

  contract('of many submissions with one key at once, one is taken in', async (store) => {
    const workloads = Array.from({ length: 20 }, () => aWorkload())
    const insertions = await Promise.all(
      workloads.map((workload) => insertWithKey(store, workload, 'k', workload.id)),
    )
    const [won, ...others] = insertions.toSorted((one, other) => (one.type < other.type ? -1 : 1))
    const by = await store.keptRequest('one', 'k', 0)
    assert.equal(by?.workloadId, by?.requestHash)
    assert.deepEqual(won, INSERTED)
    for (const other of others) assert.deepEqual(other, { type: 'key_taken', by })
    assert.equal((await store.stats()).total, 1)
  })

  contract('a key whose submission failed is free', async (store) => {
    const { id } = await insertInto(store)
    assert.deepEqual(await insertWithKey(store, aWorkload({ id }), 'k', 'x'), ID_TAKEN)
    assert.equal(await store.keptRequest('one', 'k', 0), undefined)
    assert.deepEqual(await insertWithKey(store, aWorkload(), 'k', 'y'), INSERTED)
  })

  contract('a key is free again after a day, and when its workload is deleted', async (store) => {
    const dayMs = 24 * 3_600_000
    const [first, second, third] = [
      aWorkload({ createdAtMs: 1_000 }),
      aWorkload({ createdAtMs: 1_000 + dayMs }),
      aWorkload({ createdAtMs: 1_001 + dayMs }),
    ]
    await insertWithKey(store, first, 'k', 'x')
    assert.equal((await insertWithKey(store, second, 'k', 'x')).type, 'key_taken')
    assert.equal((await store.keptRequest('one', 'k', 1_000))?.workloadId, first.id)
    assert.equal(await store.keptRequest('one', 'k', 1_001), undefined)
    assert.deepEqual(await insertWithKey(store, third, 'k', 'x'), INSERTED)
    await store.end(first.id, anEnd({ reason: 'killed', finishedAtMs: 1 }))
    await store.prune({ endedBeforeMs: 2, keep: 100, atMost: 100 })
    assert.equal((await store.keptRequest('one', 'k', 0))?.workloadId, third.id)
    await store.end(third.id, anEnd({ reason: 'killed', finishedAtMs: 1 }))
    await store.prune({ endedBeforeMs: 2, keep: 100, atMost: 100 })
    assert.equal(await store.keptRequest('one', 'k', 0), undefined)
  })

  contract('keys of older workloads are forgotten, a bounded number at a time', async (store) => {
    for (const createdAtMs of [10, 20, 30, 40]) {
      await insertWithKey(store, aWorkload({ createdAtMs }), `k${createdAtMs}`, 'x')
    }
    const kept = async () => {
      const found = ['k10', 'k20', 'k30', 'k40'].map((key) => store.keptRequest('one', key, 0))
      return (await Promise.all(found)).map((request) => request !== undefined)
    }
    assert.equal(await store.forgetKeys({ beforeMs: 40, atMost: 2 }), 2)
    assert.deepEqual(await kept(), [false, false, true, true])
    assert.equal(await store.forgetKeys({ beforeMs: 40, atMost: 2 }), 1)
    assert.equal(await store.forgetKeys({ beforeMs: 40, atMost: 2 }), 0)
    assert.equal(await store.forgetKeys({ beforeMs: 41, atMost: 2 }), 1)
    assert.deepEqual(await kept(), [false, false, false, false])
    assert.equal((await store.stats()).total, 4)
  })

  contract('a hundred changes at once are all made', async (store) => {
    const workloads = Array.from({ length: 100 }, () => aWorkload())
    const inserted = await Promise.all(
      workloads.map((workload) => store.insert(workload, aSpec({ id: workload.id }))),
    )
    assert.ok(inserted.every(({ type }) => type === 'inserted'))
    const steps = workloads.flatMap(({ id }) => [store.start(id, 1), store.end(id, anEnd())])
    assert.ok((await Promise.all(steps)).every(Boolean))
    assert.equal((await store.stats()).byStatus.completed, 100)
  })
}

function idsOf(workloads: readonly Workload[]): string[] {
  return workloads.map(({ id }) => id)
}

/** Bytes as text: one array of bytes is as good as another. Absent fields are as undefined ones. */
function plain(spec: object | undefined): unknown {
  const fields = Object.entries(spec ?? {}).filter(([, value]) => value !== undefined)
  return Object.fromEntries(
    fields.map(([name, value]) => [
      name,
      value instanceof Uint8Array ? `bytes ${Buffer.from(value).toString('hex')}` : value,
    ]),
  )
}
