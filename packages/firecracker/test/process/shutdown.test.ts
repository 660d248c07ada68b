import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Shutdown, type ShutdownStage, type ShutdownTarget } from '../../src/process/shutdown.ts'

/** A VMM that ends at `endsAt` and notes what was done to it. */
function target(endsAt: ShutdownStage['stage'] | 'never', ctrlAltDelFails = false) {
  const attempts: string[] = []
  const { promise: exited, resolve } = Promise.withResolvers<void>()
  const attempt = (stage: string) => {
    attempts.push(stage)
    if (stage === endsAt) resolve()
  }
  const vmm: ShutdownTarget = {
    exited,
    async sendCtrlAltDel() {
      attempt('ctrl_alt_del')
      if (ctrlAltDelFails) throw new Error('not running')
    },
    signal: (name) => attempt(name === 'SIGKILL' ? 'kill' : 'terminate'),
  }
  return { attempts, exit: resolve, vmm }
}

const LONG_MS = 60_000

test('stages follow one another until the VMM has ended', async () => {
  const { attempts, vmm } = target('terminate')
  const ended = await new Shutdown(vmm).run([
    { stage: 'ctrl_alt_del', timeoutMs: 1 },
    { stage: 'terminate', timeoutMs: LONG_MS },
    { stage: 'kill', timeoutMs: LONG_MS },
  ])
  assert.equal(ended, true)
  assert.deepEqual(attempts, ['ctrl_alt_del', 'terminate'])
})

test('a VMM that outlives the last stage is told', async () => {
  const { attempts, vmm } = target('never')
  const stages = [
    { stage: 'terminate', timeoutMs: 1 },
    { stage: 'kill', timeoutMs: 1 },
  ] as const
  assert.equal(await new Shutdown(vmm).run(stages), false)
  assert.deepEqual(attempts, ['terminate', 'kill'])
})

test('a guest that cannot be asked is not waited for', async () => {
  const { attempts, vmm } = target('kill', true)
  const ended = await new Shutdown(vmm).run([
    { stage: 'ctrl_alt_del', timeoutMs: LONG_MS },
    { stage: 'kill', timeoutMs: LONG_MS },
  ])
  assert.equal(ended, true)
  assert.deepEqual(attempts, ['ctrl_alt_del', 'kill'])
})

test('a second shutdown can be harder than the first, which then never gets milder', async () => {
  const { attempts, exit, vmm } = target('never')
  const shutdown = new Shutdown(vmm)
  const mild = shutdown.run([
    { stage: 'ctrl_alt_del', timeoutMs: 1 },
    { stage: 'terminate', timeoutMs: LONG_MS },
  ])
  const hard = shutdown.run([{ stage: 'kill', timeoutMs: LONG_MS }])
  assert.equal(await mild, false)
  assert.deepEqual(attempts, ['ctrl_alt_del', 'kill'])
  exit()
  assert.equal(await hard, true)
})

test('stages in a wrong order are not carried out', async () => {
  const { attempts, vmm } = target('never')
  await new Shutdown(vmm).run([
    { stage: 'kill', timeoutMs: 1 },
    { stage: 'terminate', timeoutMs: 1 },
  ])
  assert.deepEqual(attempts, ['kill'])
})
