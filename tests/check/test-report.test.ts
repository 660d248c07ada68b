import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { PermittedSkip } from '../support/permitted-skips.ts'
import { type Ended, runProgram } from './run-program.ts'
import { temporaryDirectory } from './temporary-directory.ts'

const SUPPORT = join(import.meta.dirname, '../support')
const PASSES = "test('passes', () => {})"

/** Runs tests as our runs do, reported for a machine without KVM as root. */
async function runTests(
  t: TestContext,
  body: string,
  permitted: readonly PermittedSkip[] = [],
): Promise<Ended> {
  const directory = await temporaryDirectory(t)
  const options = `{ root: ${JSON.stringify(directory)}, machine: { kvm: false, root: true }, permitted: ${JSON.stringify(permitted)} }`
  await writeFile(
    join(directory, 'a.test.mjs'),
    `import { describe, test } from 'node:test'\n${body}`,
  )
  await writeFile(
    join(directory, 'run.mjs'),
    `import { runTestFiles } from ${JSON.stringify(join(SUPPORT, 'run-test-files.ts'))}
import { TestReport } from ${JSON.stringify(join(SUPPORT, 'test-report.ts'))}
const report = new TestReport(${options})
await runTestFiles([${JSON.stringify(join(directory, 'a.test.mjs'))}], { concurrency: 1, fileLimitMs: 60_000 }, report)
if (!report.succeeded) process.exitCode = 1
`,
  )
  return runProgram(process.execPath, ['run.mjs'], directory)
}

test('a run in which everything passes succeeds and counts its tests', async (t) => {
  const { code, output } = await runTests(t, `${PASSES}; describe('suite', () => { ${PASSES} })`)
  assert.equal(code, 0)
  assert.match(output, /✔ a\.test\.mjs {2}2 passed/)
  assert.match(output, /^ {2}2 passed, 0 failed, 0 skipped$/m)
})

test('a failure fails the run and is shown with its suite, its error and what the file printed', async (t) => {
  const failing =
    "describe('suite', () => { test('fails', () => { console.log('hint'); throw new RangeError('too far') }) })"
  const { code, output } = await runTests(t, `${PASSES}; ${failing}`)
  assert.equal(code, 1)
  assert.match(output, /✖ suite › fails\n +RangeError: too far/)
  assert.match(output, /what it printed:\n +hint/)
  assert.match(output, /^ {2}1 passed, 1 failed, 0 skipped$/m)
})

test('a skip that is not listed fails the run', async (t) => {
  const { code, output } = await runTests(
    t,
    `${PASSES}; test('boots', { skip: 'needs KVM' }, () => {})`,
  )
  assert.equal(code, 1)
  assert.match(output, /not on the list .* without KVM, as root:\n +a\.test\.mjs: boots: needs KVM/)
})

const bootsWithKvm = { file: 'a.test.mjs', test: 'boots', reason: 'needs KVM', on: { kvm: false } }

test('a skip that is listed for this kind of machine is shown, and the run succeeds', async (t) => {
  const body = `${PASSES}; test('boots', { skip: 'needs KVM' }, () => {})`
  const { code, output } = await runTests(t, body, [bootsWithKvm])
  assert.equal(code, 0)
  assert.match(output, /○ boots: needs KVM/)
  assert.match(output, /^ {2}1 passed, 0 failed, 1 skipped$/m)
})

test('a skip that is listed for another kind of machine fails the run', async (t) => {
  const body = `${PASSES}; test('boots', { skip: 'needs KVM' }, () => {})`
  const { code } = await runTests(t, body, [{ ...bootsWithKvm, on: { kvm: false, root: false } }])
  assert.equal(code, 1)
})

test('a listed test must give the listed reason', async (t) => {
  const { code } = await runTests(t, `${PASSES}; test('boots', (t) => t.skip('tired'))`, [
    bootsWithKvm,
  ])
  assert.equal(code, 1)
})

test('a suite that is skipped is judged as a test is', async (t) => {
  const body = `${PASSES}; describe('boots', { skip: 'needs KVM' }, () => { ${PASSES} })`
  assert.equal((await runTests(t, body)).code, 1)
  assert.equal((await runTests(t, body, [bootsWithKvm])).code, 0)
})

test('a todo is a skip, whether it passes or fails', async (t) => {
  for (const todo of [
    "test('later', { todo: 'soon' }, () => {})",
    "test('later', { todo: 'soon' }, () => { throw 1 })",
  ]) {
    const { code, output } = await runTests(t, `${PASSES}; ${todo}`)
    assert.equal(code, 1)
    assert.match(output, /a\.test\.mjs: later: todo: soon/)
  }
})

test('a file without tests fails the run', async (t) => {
  const { code, output } = await runTests(t, '')
  assert.equal(code, 1)
  assert.match(output, /holds no test/)
})

test('a run in which every test is skipped has run none, and fails', async (t) => {
  const { code, output } = await runTests(t, "test('boots', { skip: 'needs KVM' }, () => {})", [
    bootsWithKvm,
  ])
  assert.equal(code, 1)
  assert.match(output, /no test ran/)
})

test('a file that crashes fails the run and shows why', async (t) => {
  const { code, output } = await runTests(t, "throw new Error('at import')")
  assert.equal(code, 1)
  assert.match(output, /Error: at import/)
  assert.match(output, /test failed: exit code 1/)
})
