import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { isSlow } from './faults/cni-faults.ts'
import type { Fault } from './faults/fault.ts'
import { Harness, NETWORKS } from './faults/harness.ts'
import { describeDeviations, describeRemains } from './faults/print.ts'
import type { RoundPlan } from './faults/round.ts'
import { inOuterNamespace } from './support/outer-namespace.ts'

/** So many owners with a fault meet in the same directories. */
const AT_ONCE = 4

await inOuterNamespace(import.meta.filename, () => {
  let harness: Harness

  before(async () => {
    harness = await Harness.open()
  })
  after(() => harness[Symbol.asyncDispose]())

  /** Runs a round for each fault; fails for what is not as it must be, or left. */
  async function tryAll(
    faults: readonly Fault[],
    beside: RoundPlan['beside'] = [],
  ): Promise<number> {
    let triggered = 0
    for (let at = 0; at < faults.length; at += AT_ONCE) {
      const rounds = faults.slice(at, at + AT_ONCE).map((fault, index): RoundPlan => {
        const network = fault.network ?? NETWORKS[(at + index) % NETWORKS.length] ?? 'none'
        return { fault, networks: [network], beside: index === 0 ? beside : [], readySlots: 0 }
      })
      const { reports, remains } = await harness.run(rounds)
      assert.equal(reports.map((report, i) => describeDeviations(rounds[i]!, report)).join(''), '')
      assert.equal(describeRemains(remains), '')
      triggered += reports.filter((report) => report.triggered).length
    }
    return triggered
  }

  const ofKind = (kind: string) => harness.faults.get(kind) ?? assert.fail(`no fault "${kind}"`)

  test('an owner that is killed at any step leaves nothing, and its neighbours live', async () => {
    const faults = ofKind('kill -9 at a step').filter((fault, index) => {
      // What is named and not made is the harder case, elsewhere both are the same.
      return fault.trigger?.edge === (index % 4 < 2 ? 'after' : 'before')
    })
    assert.equal(faults.length, harness.steps.length)
    assert.equal(await tryAll(faults, [['public']]), faults.length)
  })

  test('an owner that is killed in any phase leaves nothing', async () => {
    await tryAll(ofKind('kill -9 in a phase'))
  })

  test('a workload that is ended at any step gets its row, and nothing is left', async () => {
    const every = (kind: string, nth: number) =>
      ofKind(kind).filter((_, index) => index % 24 === nth)
    await tryAll([
      ...every('abort at a step', 1),
      ...every('cleanup at a step', 9),
      ...every('shutdown at a step', 17),
    ])
  })

  test('every other fault gives its row, and nothing is left', async () => {
    const apart = /at a step|in a phase/
    const kinds = [...harness.faults].filter(([kind]) => !apart.test(kind))
    const faults = kinds.flatMap(([, ofOneKind]) => ofOneKind)
    await tryAll(faults.filter((fault) => !isSlow(fault)))
  })
})
