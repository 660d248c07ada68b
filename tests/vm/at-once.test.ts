import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Host, listHostVms, newWorkload, type RunReport } from '@vulcan/host'
import { finish, VulcanUnderTest, written } from '../support/vulcan.ts'

const never = new AbortController().signal
/** So many programs on a machine that is emulated itself take minutes to their first line. */
const LONG_S = 1_200

function openHost(vulcan: VulcanUnderTest): Promise<Host> {
  const onNotice = (message: string) => assert.fail(message)
  return Host.open({ env: vulcan.env, signal: never, onNotice })
}

/** A workload that says which it is; `onRunning` is called when its program runs. */
function say(
  host: Host,
  word: string,
  onRunning: () => Promise<void> = async () => undefined,
): Promise<RunReport> {
  const code = `import sys\nprint(${JSON.stringify(word)}, flush=True)\nsys.stdin.read()`
  return host.run(newWorkload({ runtime: 'python', code, timeoutS: LONG_S }), {
    signal: never,
    onEvent: (event) => {
      if (event.type === 'phase' && event.phase === 'running') return onRunning()
    },
  })
}

for (const count of [3, 10]) {
  test(`${count} VMs at once run, each with a context id and a user of its own`, async (t) => {
    const vulcan = await VulcanUnderTest.create(t)
    {
      await using host = await openHost(vulcan)
      const all = Promise.withResolvers<void>()
      let running = 0
      const onRunning = () => {
        running += 1
        if (running === count) all.resolve()
        // Whoever is here waits for the others, so that all of them are there at once.
        return all.promise
      }
      const words = Array.from({ length: count }, (_, n) => `workload ${n}`)
      const runs = words.map((word) => say(host, word, onRunning))
      const reports = Promise.all(runs)
      // One that ends before all are there would be waited for in vain.
      const early = await Promise.race([all.promise, ...runs])
      assert.equal(early, undefined)
      const vms = await listHostVms(vulcan.env)
      assert.equal(vms.length, count)
      assert.equal(new Set(vms.map(({ cid }) => cid)).size, count)
      assert.equal(new Set(vms.map(({ pid }) => pid)).size, count)
      assert.deepEqual(
        (await reports).map(({ reason, exitCode, stdout }) => [reason, exitCode, String(stdout)]),
        words.map((word) => ['exited', 0, `${word}\n`]),
      )
    }
    await vulcan.assertNothingLeft()
  })
}

test('two hosts and ten commands share one data directory, and the death of one harms no other', async (t) => {
  const vulcan = await VulcanUnderTest.create(t)
  {
    await using one = await openHost(vulcan)
    await using other = await openHost(vulcan)
    const hosts = Promise.all([say(one, 'of one host'), say(other, 'of the other')])
    const wait = 'import time\nprint("running", flush=True)\ntime.sleep(1200)'
    const victim = vulcan.start(['run', '--timeout', `${LONG_S}s`, '-c', wait])
    const commands = Array.from({ length: 9 }, (_, n) =>
      vulcan.python(`print("command ${n}")`, '--timeout', `${LONG_S}s`),
    )
    await written(victim, 'stdout', 'running')
    victim.kill('SIGKILL')
    await finish(victim)
    for (const [n, { exitCode, stdout, stderr }] of (await Promise.all(commands)).entries()) {
      assert.deepEqual([exitCode, stdout.toString(), stderr], [0, `command ${n}\n`, ''])
    }
    assert.deepEqual(
      (await hosts).map(({ reason, stdout, error }) => [reason, String(stdout), error]),
      [
        ['exited', 'of one host\n', ''],
        ['exited', 'of the other\n', ''],
      ],
    )
  }
  const { exitCode, stdout } = await vulcan.run(['prune'])
  assert.match(stdout.toString(), /^(released VM \w{26}|nothing to prune)\n$/)
  assert.equal(exitCode, 0)
  await vulcan.assertNothingLeft()
  const all = await vulcan.run(['ps', '--all', '--json'])
  const reasons = JSON.parse(all.stdout.toString()).map((vm: { reason: string }) => vm.reason)
  assert.equal(reasons.filter((reason: string) => reason === 'owner_died').length, 1)
  assert.equal(reasons.filter((reason: string) => reason === 'exited').length, 11)
})

test('a host that is closed gives running programs a little time, and then ends them', async (t) => {
  const vulcan = await VulcanUnderTest.create(t)
  const host = await openHost(vulcan)
  const running = Promise.withResolvers<void>()
  const code = 'import time\ntime.sleep(600)'
  const report = host.run(newWorkload({ runtime: 'python', code, timeoutS: 700 }), {
    signal: never,
    onEvent: (event) => {
      if (event.type === 'phase' && event.phase === 'running') running.resolve()
    },
  })
  await running.promise
  await host[Symbol.asyncDispose]()
  assert.equal((await report).reason, 'shutdown')
  await vulcan.assertNothingLeft()
})
