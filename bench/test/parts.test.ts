import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { wholeNumber } from '../src/command/whole-number.ts'
import { benchScratch } from '../src/parts/scratch.ts'
import { benchVmmOverhead } from '../src/parts/vmm-overhead.ts'

const BENCH = join(import.meta.dirname, '../src/main.ts')

test('what is no number of runs is refused before anything is measured', () => {
  for (const text of ['abc', '0', '-1', '1.5', '']) assert.throws(() => wholeNumber(text))
  assert.equal(wholeNumber('20'), 20)
  const words = [BENCH, 'scratch', '--runs', 'abc']
  const { status, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8' })
  assert.equal(status, 1)
  assert.match(stderr, /It takes a whole number of 1 or more\.\n$/)
})

test('a part that is stopped leaves no directory', async (t) => {
  const home = await mkdtemp(join(tmpdir(), 'vulcan-test-'))
  t.after(() => rm(home, { recursive: true, force: true }))
  const stopped = AbortSignal.abort(new Error('stopped'))
  await assert.rejects(benchScratch(home, 1, stopped), /stopped/)
  assert.deepEqual(
    (await readdir(home)).filter((name) => name.startsWith('bench-')),
    [],
  )
})

test('a vulcan-vmm that is not there, or ends, is said at once', async () => {
  const { signal } = new AbortController()
  await assert.rejects(benchVmmOverhead('/nonexistent', 1, signal), /ENOENT/)
})
