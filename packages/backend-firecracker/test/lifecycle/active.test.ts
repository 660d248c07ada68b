import assert from 'node:assert/strict'
import { copyFile, mkdir } from 'node:fs/promises'
import { test } from 'node:test'
import { ulid } from 'ulid'
import { type ActiveVm, listActiveVms } from '../../src/lifecycle/active.ts'
import { Holding } from '../../src/lifecycle/holding.ts'
import { Journal } from '../../src/lifecycle/journal.ts'
import type { Layout } from '../../src/lifecycle/layout.ts'
import { preparing, setUpPool } from '../support/pool-under-test.ts'

test('what a dead owner left has not ended before its VMM is no more', async (t) => {
  const { backend, watcher, layout } = await setUpPool(t, preparing())
  await watcher.until(1)
  await copyOfOnly(layout)
  assert.deepEqual((await listActiveVms(layout)).map(hasEnded), [false, false])
  await backend.shutdown()
  assert.deepEqual((await listActiveVms(layout)).map(hasEnded), [true])
})

test('a VM whose journal tells its end has ended', async (t) => {
  const { watcher, layout } = await setUpPool(t, preparing())
  await watcher.until(1)
  const holding = await copyOfOnly(layout)
  new Journal(holding).ended({ reason: 'agent_lost', exitCode: null, error: 'gone' })
  const vms = await listActiveVms(layout)
  assert.deepEqual(
    vms.filter(hasEnded).map(({ id }) => id),
    [holding.id],
  )
})

/** Another VM of the same VMM, as its owner would leave it. */
async function copyOfOnly(layout: Layout): Promise<Holding> {
  const [vm] = await listActiveVms(layout)
  assert.ok(vm)
  const own = new Holding(layout, 'vms', vm.id, vm.ownerId)
  const left = new Holding(layout, 'vms', ulid(), 'dead')
  await mkdir(left.path)
  await copyFile(own.recordPath, left.recordPath)
  await copyFile(own.journalPath, left.journalPath)
  return left
}

function hasEnded(vm: ActiveVm): boolean {
  return vm.hasEnded
}
