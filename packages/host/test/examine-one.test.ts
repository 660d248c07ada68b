import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ok } from '../src/doctor/check.ts'
import { examineOne } from '../src/doctor/examine-one.ts'

const NEVER = new AbortController().signal

test('a check that throws is a finding in one line, not a stack', async () => {
  const run = () => Promise.reject(new Error('broken\nin two lines'))
  assert.deepEqual(await examineOne({ code: 'x', run }, [], NEVER), {
    status: 'fail',
    finding: 'the check itself failed (broken)',
    remedy: 'report this: a check must find something out',
  })
})

test('a check that heeds its deadline is a finding that names the time', async () => {
  const run = (signal: AbortSignal) =>
    new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true })
    })
  const { status, finding, remedy } = await examineOne(
    { code: 'x', deadlineMs: 10, run },
    [],
    NEVER,
  )
  assert.deepEqual({ status, finding }, { status: 'fail', finding: 'no answer within 0.01 s' })
  assert.match(remedy ?? '', /try again$/)
})

test('a check is skipped when what it needs has failed, and otherwise made', async () => {
  const run = async () => ok('made')
  const made = await examineOne({ code: 'x', run }, ['disk'], NEVER)
  assert.equal(made.finding, 'made')
  const skipped = await examineOne({ code: 'x', needs: 'all', run }, ['disk', 'qemu'], NEVER)
  assert.deepEqual(skipped, {
    status: 'skip',
    finding: 'not tried, since this failed: disk, qemu',
  })
  const needs = ['qemu']
  assert.equal((await examineOne({ code: 'x', needs, run }, ['disk'], NEVER)).status, 'ok')
  assert.equal((await examineOne({ code: 'x', needs, run }, ['qemu'], NEVER)).status, 'skip')
})

test('after an abort nothing is looked at any more', async () => {
  const run = async () => assert.fail('made')
  const aborted = AbortSignal.abort(new Error('enough'))
  await assert.rejects(examineOne({ code: 'x', run }, [], aborted), /enough/)
})
