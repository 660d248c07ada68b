import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { finish, VulcanUnderTest, written } from '../support/vulcan.ts'

test('a program that runs too long is ended, and what it wrote before is kept', async (t) => {
  const vulcan = await VulcanUnderTest.create(t)
  const code = 'import time\nprint("so far")\ntime.sleep(600)'
  // Time enough for Python to start on a busy machine.
  const { exitCode, stdout, stderr } = await vulcan.python(code, '--timeout', '10s')
  assert.equal(stdout.toString(), 'so far\n')
  assert.equal(stderr, 'vulcan: timeout: timeout after 10s\n')
  assert.equal(exitCode, 124)
  await vulcan.assertNothingLeft()
})

for (const [when, phase] of [
  ['while the VMM starts', 'vmm at'],
  ['while the guest boots', 'booting at'],
  ['while the program runs', 'running at'],
] as const) {
  test(`Ctrl-C ${when} ends the VM and leaves nothing`, async (t) => {
    const vulcan = await VulcanUnderTest.create(t)
    const child = vulcan.start(['run', '-v', '-c', 'import time; time.sleep(600)'])
    await written(child, 'stderr', phase)
    child.kill('SIGINT')
    const { exitCode, stderr } = await finish(child)
    assert.match(stderr, /vulcan: killed/)
    assert.equal(exitCode, 130)
    await vulcan.assertNothingLeft()
  })
}

test('a reader that goes away ends the program', async (t) => {
  const vulcan = await VulcanUnderTest.create(t)
  const code = 'while True: print("endless")'
  const child = vulcan.start(['run', '--timeout', '5m', '-c', code])
  await written(child, 'stdout', 'endless')
  child.stdout?.destroy()
  const { exitCode } = await finish(child)
  assert.equal(exitCode, 130)
  await vulcan.assertNothingLeft()
})

test('a reader that does not read holds the program up, and the time-out still ends it', async (t) => {
  const vulcan = await VulcanUnderTest.create(t)
  const code = 'while True: print("x" * 1000)'
  const child = vulcan.start(['run', '--timeout', '5s', '-c', code])
  child.stderr?.resume()
  const exited = once(child, 'exit')
  const [exitCode] = await exited
  assert.equal(exitCode, 124)
  child.stdout?.destroy()
  await vulcan.assertNothingLeft()
})

test('after kill -9 nothing of the VM runs on, and the next run clears what is left', async (t) => {
  const vulcan = await VulcanUnderTest.create(t)
  const child = vulcan.start(['run', '-c', 'import time\nprint("running")\ntime.sleep(600)'])
  await written(child, 'stdout', 'running')
  const [left] = await vulcan.vms()
  assert.ok(left)
  child.kill('SIGKILL')
  await finish(child)
  const { exitCode, stdout } = await vulcan.python('print("next")')
  assert.equal(stdout.toString(), 'next\n')
  assert.equal(exitCode, 0)
  await vulcan.assertNothingLeft()
})

test('three runs at once do not disturb each other', async (t) => {
  const vulcan = await VulcanUnderTest.create(t)
  const runs = await Promise.all([1, 2, 3].map((n) => vulcan.python(`print(${n})`)))
  assert.deepEqual(
    runs.map(({ exitCode, stdout }) => [exitCode, stdout.toString()]),
    [
      [0, '1\n'],
      [0, '2\n'],
      [0, '3\n'],
    ],
  )
  await vulcan.assertNothingLeft()
})
