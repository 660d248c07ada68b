import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { temporaryDirectory, vulcan } from './support/command-line.ts'

/** The command line on a host of its own, which needs none of the programs that VMs need. */
async function onHost(t: TestContext) {
  const VULCAN_HOME = join(await temporaryDirectory(t), 'home')
  const keys = (...args: string[]) =>
    vulcan(['keys', ...args], { VULCAN_HOME, VULCAN_LIBEXEC: '/nowhere' })
  return { keys, VULCAN_HOME }
}

const KEY = /^(vk_[0-9A-Za-z]{12})_[0-9A-Za-z]{43}\n$/

test('a key is shown alone on standard output when it is made, and never again', async (t) => {
  const { keys, VULCAN_HOME } = await onHost(t)
  const made = await keys('create', '--name', 'ci')
  assert.equal(made.exitCode, 0)
  const [, prefix = ''] = KEY.exec(made.stdout) ?? []
  assert.equal(made.stderr, `vulcan: the key is shown this once; from now on ${prefix} names it\n`)
  const listed = await keys('ls')
  const [header, row = '', ...more] = listed.stdout.trimEnd().split('\n')
  assert.match(header ?? '', /^KEY +NAME +STATE +SCOPES +QUOTA +CREATED +EXPIRES +LAST USED$/)
  assert.match(row, new RegExp(`^${prefix} +ci +valid +run,read +\\S+Z +never +never$`))
  assert.deepEqual(more, [])
  assert.deepEqual(await readdir(VULCAN_HOME), ['keys.db'])
})

test('what a key permits and may use is what its flags say', async (t) => {
  const { keys } = await onHost(t)
  const quota = ['--max-concurrent', '3', '--rate', '60/min', '--max-cpus', '2']
  const more = ['--max-memory', '1G', '--max-network', 'none', '--expires', '30d']
  const beforeMs = Date.now()
  const { stdout, stderr } = await keys(
    'create',
    '--scopes',
    'run, admin',
    '--json',
    ...quota,
    ...more,
  )
  const { key, id, prefix, created_at, expires_at, ...rest } = JSON.parse(stdout)
  assert.equal(stderr, '')
  assert.match(`${key}\n`, KEY)
  assert.equal(prefix, `vk_${id}`)
  assert.ok(Date.parse(created_at) >= beforeMs)
  const days = (Date.parse(expires_at) - beforeMs) / 86_400_000
  assert.ok(days >= 30 && days < 30.1)
  assert.deepEqual(rest, {
    name: '',
    scopes: ['run', 'admin'],
    quota: {
      max_concurrent: 3,
      rate_per_minute: 60,
      max_cpus: 2,
      max_mem_mib: 1024,
      max_network: 'none',
    },
    revoked_at: null,
    last_used_at: null,
  })
  const listed = await keys('ls', '--json')
  assert.deepEqual(JSON.parse(listed.stdout), [{ id, prefix, created_at, expires_at, ...rest }])
  assert.match((await keys('ls')).stdout, /3 at once, 60\/min, 2 CPUs, 1024 MiB, network none/)
})

test('a key is revoked once, and a second time is no failure', async (t) => {
  const { keys } = await onHost(t)
  const { prefix } = JSON.parse((await keys('create', '--json')).stdout)
  assert.deepEqual(await keys('revoke', prefix), {
    exitCode: 0,
    stdout: `${prefix} is revoked\n`,
    stderr: '',
  })
  const again = await keys('revoke', prefix)
  assert.match(again.stdout, new RegExp(`^${prefix} was revoked already, at \\S+Z\n$`))
  assert.equal(again.exitCode, 0)
  assert.ok(JSON.parse((await keys('revoke', prefix, '--json')).stdout).revoked_at)
  assert.match((await keys('ls')).stdout, new RegExp(`\n${prefix} +revoked `))
})

test('an unknown key is told in one line', async (t) => {
  const { keys } = await onHost(t)
  assert.deepEqual(await keys('revoke', 'vk_nobody'), {
    exitCode: 1,
    stdout: '',
    stderr: 'vulcan: there is no key vk_nobody: see "vulcan keys ls"\n',
  })
})

for (const [flags, exitCode, line] of [
  [['--scopes', 'run,write'], 2, '--scopes is "write", but takes run, read, admin'],
  [['--rate', '60'], 2, '--rate is "60", but takes 1/min to 1000000/min'],
  [['--rate', '0/min'], 2, '--rate is "0", but takes 1/min to 1000000/min'],
  [['--max-network', 'lan'], 2, '--max-network is "lan", but takes none, public, all'],
  [['--max-cpus', '0'], 2, '--max-cpus is "0", but takes 1 to 32'],
  [['--max-memory', '1'], 2, '--max-memory is "1", but takes 128M to 1024G'],
  [['--expires', '1s'], 2, '--expires is "1s", but takes 1m to 3650d'],
  [['--name', 'x'.repeat(101)], 1, 'name: Too big: expected string to have <=100 characters'],
] as const) {
  test(`keys create ${flags[0]} ${flags[1].slice(0, 9)} is refused in one line`, async (t) => {
    const { keys } = await onHost(t)
    assert.deepEqual(await keys('create', ...flags), {
      exitCode,
      stdout: '',
      stderr: `vulcan: ${line}\n`,
    })
    assert.deepEqual(JSON.parse((await keys('ls', '--json')).stdout), [])
  })
}
