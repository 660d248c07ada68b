import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PHASES } from '@vulcan/schema'
import { finish, VulcanUnderTest, written } from '../support/vulcan.ts'

/** What these tests read of `ps --json`. */
interface Listed {
  readonly id: string
  readonly reason: string
  readonly phase: string
}

/** In a run without a network, and before the command's own end. */
const STEPS = PHASES.filter((phase) => phase !== 'network' && phase !== 'ended')

/** A step and those after it: until the signal arrives, the command goes on. */
function reached(step: (typeof STEPS)[number]): readonly string[] {
  return STEPS.slice(STEPS.indexOf(step))
}

/** Each look takes as long as a command. */
const LOOKS_MAX = 100

test('a VM whose process was killed is listed as ended until it is released', async (t) => {
  const vulcan = await VulcanUnderTest.create(t)
  const child = vulcan.start(['run', '-v', '-c', 'import time; time.sleep(600)'])
  await written(child, 'stderr', 'vulcan: running at')
  assert.match(await listed(vulcan), / running /)
  child.kill('SIGKILL')
  await finish(child)
  // The VMM may outlive its owner by a moment.
  let list = await listed(vulcan)
  for (let look = 0; / running /.test(list); look += 1) {
    assert.ok(look < LOOKS_MAX, list)
    list = await listed(vulcan)
  }
  assert.match(list, / ended /)
  await vulcan.run(['prune'])
  assert.doesNotMatch(await listed(vulcan), / python /)
  await vulcan.assertNothingLeft()
})

async function listed(vulcan: VulcanUnderTest): Promise<string> {
  return (await vulcan.run(['ps'])).stdout.toString()
}

for (const step of STEPS) {
  test(`after kill -9 in the step "${step}" a later process releases everything`, async (t) => {
    const vulcan = await VulcanUnderTest.create(t)
    const child = vulcan.start(['run', '-v', '-c', 'import time; time.sleep(600)'])
    await written(child, 'stderr', `vulcan: ${step} at`)
    child.kill('SIGKILL')
    await finish(child)
    const [left] = await vulcan.vms()
    assert.ok(left)
    const { exitCode, stdout, stderr } = await vulcan.run(['prune'])
    assert.equal(stderr, '')
    assert.equal(stdout.toString(), `released VM ${left.split('.')[0]}\n`)
    assert.equal(exitCode, 0)
    await vulcan.assertNothingLeft()
    const all = await vulcan.run(['ps', '--all', '--json'])
    const ends: Listed[] = JSON.parse(all.stdout.toString())
    const end = ends.find(({ id }) => left.startsWith(id))
    assert.equal(end?.reason, 'owner_died')
    assert.ok(reached(step).includes(end.phase), `it died in "${end.phase}"`)
  })
}
