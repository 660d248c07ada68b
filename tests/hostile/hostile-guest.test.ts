import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { finish, VulcanUnderTest } from '../support/vulcan.ts'
import { buildHostileAgent, hostileInitrd } from './support/hostile-initrd.ts'
import { MemoryWatch } from './support/memory-watch.ts'

/** Emulated VMs fill a core each, but for those whose guest does nothing. */
const VMS_AT_ONCE = { busy: 2, idle: 3 }
/** A run that has not ended by then hangs: the longest deadline is 30 s, after the boot. */
const HANG_MS = 180_000
/** Half of it is what any run takes. */
const MEMORY_MIB_MAX = 160
/** What the host keeps of an endless guest fills this within seconds, and ends the host. */
const SMALL_HEAP = { NODE_OPTIONS: '--max-old-space-size=32' }
const MIB = 1024 * 1024

interface Attack {
  /** The guest's manner: see native/hostile/src/manners.rs. */
  readonly manner: string
  /** What it does, as the end of a sentence that begins with "a guest". */
  readonly does: string
  /** Its row in the table of outcomes. */
  readonly reason: string
  readonly exitCode: 0 | 124 | 125
  /** What the host says besides. */
  readonly words?: RegExp
  readonly flags?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** A program of this size is sent to it. */
  readonly programBytes?: number
}

const failed = { exitCode: 125 } as const
const violation = { ...failed, reason: 'protocol_violation' } as const
/** The host's own clock ends it, 2 s after the program's time: the agent would not. */
const timedOut = { exitCode: 124, reason: 'timeout', flags: ['--timeout', '8s'] } as const
/** The guest's agent never runs the program, so a result without output is the hostile agent's. */
const exited = { exitCode: 0, reason: 'exited' } as const

/** They do nothing, until a deadline. */
const IDLE: readonly Attack[] = [
  {
    manner: 'never-reads',
    does: 'never reads its request',
    ...failed,
    reason: 'agent_lost',
    words: /did not read its request within 30000 ms/,
    programBytes: 4 * MIB,
  },
  {
    manner: 'silent',
    does: 'stays silent after its boot',
    ...failed,
    reason: 'agent_unreachable',
    words: /not ready within the 10000 ms/,
    env: { VULCAN_FC_BOOT_TIMEOUT_MS: '10000' },
  },
  {
    manner: 'mute-readiness',
    does: 'connects and then says nothing',
    ...failed,
    reason: 'agent_unreachable',
    words: /connected and did not say within 10000 ms/,
  },
]

const BUSY: readonly Attack[] = [
  { manner: 'tiny-output', does: 'writes without end, one byte a message', ...timedOut },
  { manner: 'empty-output', does: 'writes nothing, again and again', ...timedOut },
  { manner: 'unending-console', does: 'floods its console', ...timedOut },
  {
    manner: 'unending-output',
    does: 'writes without end, past its limit',
    ...violation,
    words: /more than the 16777216 bytes of stdout/,
  },
  {
    manner: 'unending-starts',
    does: 'starts its program again and again',
    ...violation,
    words: /started twice/,
  },
  { manner: 'crowd', does: 'comes with ten thousand connections', ...exited },
  { manner: 'unending-after-result', does: 'goes on after its result', ...exited },
  { manner: 'nonsense-readiness', does: 'is ready in nonsense', ...violation },
  {
    manner: 'huge-readiness',
    does: 'is ready in 4 GiB',
    ...violation,
    words: /4294967295 bytes, over the limit/,
  },
  {
    manner: 'deep-readiness',
    does: 'is ready in JSON as deep as a message can be',
    ...violation,
    words: /readiness of the wrong shape/,
  },
  {
    manner: 'cut-readiness',
    does: 'closes in the middle of its readiness',
    ...failed,
    reason: 'agent_lost',
  },
  {
    manner: 'deaf',
    does: 'is ready and does not listen',
    ...failed,
    reason: 'agent_unreachable',
  },
  { manner: 'nonsense', does: 'answers in nonsense', ...violation },
  { manner: 'huge', does: 'answers in 4 GiB', ...violation, words: /4294967295 bytes/ },
  {
    manner: 'deep',
    does: 'answers in JSON a million levels deep',
    ...violation,
    words: /2000000 bytes, over the limit/,
  },
  {
    manner: 'proto',
    does: 'sends a result by way of __proto__',
    ...violation,
    words: /message of a run of the wrong shape/,
  },
  {
    manner: 'cut',
    does: 'closes in the middle of its result',
    ...failed,
    reason: 'agent_lost',
  },
  {
    manner: 'restart',
    does: 'restarts in the middle of its run',
    ...failed,
    reason: 'agent_lost',
    words: /exit code 0/,
  },
]

test('hostile guests', { concurrency: true }, async (t) => {
  const vulcan = await VulcanUnderTest.create(t)
  const agentPath = await buildHostileAgent()
  const withstandAll = (which: keyof typeof VMS_AT_ONCE, attacks: readonly Attack[]) =>
    t.test(`${which} ones`, { concurrency: VMS_AT_ONCE[which] }, async (t) => {
      await Promise.all(
        attacks.map((attack) =>
          t.test(
            `a guest that ${attack.does} is ${attack.reason}`,
            { timeout: HANG_MS },
            (attempt) => withstand(attempt, attack, vulcan, agentPath),
          ),
        ),
      )
    })
  await Promise.all([withstandAll('idle', IDLE), withstandAll('busy', BUSY)])
  await vulcan.assertNothingLeft()
})

async function withstand(
  t: TestContext,
  attack: Attack,
  vulcan: VulcanUnderTest,
  agentPath: string,
): Promise<void> {
  const { manner, reason, words = /(?:)/, flags = [], env = {}, programBytes = 1 } = attack
  const program = join(vulcan.runDir, `${manner}.py`)
  await writeFile(program, '#'.repeat(programBytes))
  const initrd = await hostileInitrd(agentPath, manner, vulcan.runDir)
  const child = vulcan.start(['run', ...flags, program], {
    ...SMALL_HEAP,
    ...env,
    VULCAN_FC_INITRD_PATH: initrd,
  })
  t.signal.addEventListener('abort', () => child.kill())
  using memory = new MemoryWatch(child.pid!)
  const { exitCode, stdout, stderr } = await finish(child)
  assert.equal(exitCode, attack.exitCode, stderr)
  if (reason === 'exited') assert.equal(stdout.toString() + stderr, '')
  else assert.match(stderr, new RegExp(`^vulcan: ${reason}: .*${words.source}`, 'm'))
  // A failed VM shows its console: the guest did what it was to do.
  if (exitCode === 125) assert.match(stderr, new RegExp(`hostile: ${manner}$`, 'm'))
  t.diagnostic(`at most ${memory.peakMib} MiB`)
  assert.ok(memory.peakMib > 0 && memory.peakMib < MEMORY_MIB_MAX)
}
