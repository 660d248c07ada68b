import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { PHASES } from '@vulcan/schema'
import { isSlow } from './faults/cni-faults.ts'
import type { Fault } from './faults/fault.ts'
import { Harness, NETWORKS, NO_FAULT } from './faults/harness.ts'
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

  test('three and then ten VMs of one owner run at once, and leave nothing', async () => {
    for (const count of [3, 10]) {
      const networks = Array.from({ length: count }, (_, at) => NETWORKS[at % 3] ?? 'none')
      const { reports, remains } = await harness.run([
        { fault: NO_FAULT, networks, beside: [], readySlots: 0 },
      ])
      assert.deepEqual(
        reports[0]?.rows,
        Array.from({ length: count }, () => 'exited@ended'),
      )
      assert.deepEqual(reports[0]?.deviations, [])
      assert.equal(describeRemains(remains), '')
    }
  })

  test('of ten owners one is killed, and nothing of the others is destroyed', async () => {
    const beside = Array.from({ length: 9 }, (_, at) => [NETWORKS[at % 3] ?? 'none'])
    await tryAll(
      ofKind('kill -9 in a phase').filter(({ killIn }) => killIn === 'running'),
      beside,
    )
  })

  test('an owner that is killed in any phase leaves nothing', async () => {
    await tryAll(ofKind('kill -9 in a phase'))
  })

  test('a workload that is ended in any phase gets its row, and nothing is left', async () => {
    const deeds = ['abort', 'cleanup', 'shutdown'].flatMap((deed) => ofKind(`${deed} at a step`))
    const inPhases = deeds.filter(({ which }) => which.startsWith('after "journal phase '))
    assert.equal(inPhases.length, 3 * PHASES.length)
    assert.equal(await tryAll(inPhases), inPhases.length)
  })

  test('every other fault gives its row, and nothing is left', async () => {
    const apart = /at a step|in a phase/
    const kinds = [...harness.faults].filter(([kind]) => !apart.test(kind))
    const faults = kinds.flatMap(([, ofOneKind]) => ofOneKind)
    await tryAll(faults.filter((fault) => !isSlow(fault)))
  })
})
