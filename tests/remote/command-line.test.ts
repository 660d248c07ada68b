import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { openPretendServer } from '../support/pretend-server.ts'
import { type Finished, finish, written } from '../support/vulcan.ts'

const MAIN = join(import.meta.dirname, '../../packages/cli/src/main.ts')
const UNKNOWN = '01J00000000000000000000000'

/** `vulcan` as its users start it who have a server. */
function start(url: string, args: readonly string[]) {
  return spawn(process.execPath, [MAIN, ...args], {
    env: { ...process.env, VULCAN_API_URL: url, VULCAN_API_KEY: '' },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
}

function vulcan(url: string, args: readonly string[], stdin = ''): Promise<Finished> {
  const child = start(url, args)
  child.stdin.end(stdin)
  return finish(child)
}

/** In a terminal of its own, as util-linux' script makes one: all that it shows. */
async function onTerminal(url: string, command: string): Promise<string> {
  const line = `${process.execPath} ${MAIN} ${command}`
  const env = { ...process.env, VULCAN_API_URL: url, TERM: 'xterm' }
  const child = spawn('script', ['--quiet', '--command', line, '/dev/null'], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const { stdout } = await finish(child)
  return stdout.toString()
}

test('run passes on bytes and exit code, and standard input to the program', async () => {
  await using server = await openPretendServer()
  const code = 'cat() warn("oops") exit(3)'
  const { stdout, stderr, exitCode } = await vulcan(
    server.url,
    ['run', '--input', '-', '-c', code],
    'ä\0b',
  )
  assert.equal(stdout.toString(), 'ä\0b')
  assert.equal(stderr, 'oops\n')
  assert.equal(exitCode, 3)
})

test('output comes while the program runs, and Ctrl-C kills the workload', async () => {
  await using server = await openPretendServer()
  const child = start(server.url, ['run', '-c', 'print("so far") sleep()'])
  await written(child, 'stdout', 'so far\n')
  child.kill('SIGINT')
  const { exitCode, stderr } = await finish(child)
  assert.equal(stderr, 'vulcan: killed: killed\n')
  assert.equal(exitCode, 130)
  assert.equal((await server.engine.stats()).byStatus.killed, 1)
})

test('run --json prints the document that it prints here', async () => {
  await using server = await openPretendServer()
  const { stdout, exitCode } = await vulcan(server.url, [
    'run',
    '--json',
    '-c',
    'print("a") exit(2)',
  ])
  const { id, vmm: _, ...document } = JSON.parse(stdout.toString())
  assert.match(id, /^[0-9A-Z]{26}$/)
  assert.deepEqual(
    { ...document, duration_ms: 0 },
    {
      ...{ status: 'completed', reason: 'exited', runtime: 'python', exit_code: 2 },
      ...{ stdout: 'a\n', stderr: '', encoding: { stdout: 'utf-8', stderr: 'utf-8' } },
      ...{ truncated: { stdout: false, stderr: false }, error: '', duration_ms: 0, phases: [] },
      isolation_strength: 'emulated',
    },
  )
  assert.equal(exitCode, 2)
})

for (const [what, args, words] of [
  ['a runtime that the server has not', ['--runtime', 'go'], /^vulcan: unsupported_runtime: .*\n$/],
  [
    'more output than a server keeps',
    ['--output-limit', '1G'],
    /^vulcan: .*output_limit_bytes.*\n$/,
  ],
] as const) {
  test(`run with ${what} is refused in one line, with 125`, async () => {
    await using server = await openPretendServer()
    const { stdout, stderr, exitCode } = await vulcan(server.url, ['run', ...args, '-c', 'x'])
    assert.match(stderr, words)
    assert.equal(stdout.length, 0)
    assert.equal(exitCode, 125)
  })
}

test('a server that is not there is told in one line, and run exits with 125', async () => {
  const url = await (async () => {
    await using server = await openPretendServer()
    return server.url
  })()
  const { stderr, exitCode } = await vulcan(url, ['run', '-c', 'x'])
  assert.match(stderr, /^vulcan: http:.* cannot be reached: .*\n$/)
  assert.equal(exitCode, 125)
})

test('a detached workload is listed, followed, inspected, killed and waited for', async () => {
  await using server = await openPretendServer()
  const { url } = server
  const submitted = await vulcan(url, ['run', '--detach', '-c', 'print("a") warn("b") sleep()'])
  const id = submitted.stdout.toString().trim()
  assert.match(id, /^[0-9A-Z]{26}$/)

  const following = start(url, ['logs', '-f', id])
  const followed = finish(following)
  await written(following, 'stdout', 'a\n')
  const listed = await vulcan(url, ['ls', '--status', 'running'])
  assert.match(listed.stdout.toString(), new RegExp(`^${id}\trunning\t-\t-\tpython\t[^\t]+Z\t-\n$`))
  const stored = await vulcan(url, ['logs', '--stream', 'stderr', id])
  assert.deepEqual([stored.stdout.toString(), stored.stderr], ['', 'b\n'])

  const killed = await vulcan(url, ['kill', id, UNKNOWN])
  assert.equal(killed.stdout.toString(), `${id}\n`)
  assert.equal(killed.stderr, `vulcan: there is no workload ${UNKNOWN}\n`)
  assert.equal(killed.exitCode, 1)
  assert.equal((await followed).exitCode, 0)
  assert.equal((await vulcan(url, ['wait', id])).exitCode, 130)

  const { stdout } = await vulcan(url, ['inspect', id])
  assert.match(stdout.toString(), /^status +killed$/m)
  const document = JSON.parse((await vulcan(url, ['inspect', '--json', id])).stdout.toString())
  assert.deepEqual([document.reason, document.stdout, document.stderr], ['killed', 'a\n', 'b\n'])
})

test('lists, logs and statistics come as JSON, too', async () => {
  await using server = await openPretendServer()
  const { url } = server
  for (const code of ['print("a")', 'exit(4)']) await vulcan(url, ['run', '-c', code])
  const lines = (finished: Finished) => finished.stdout.toString().trim().split('\n')
  const listed = lines(await vulcan(url, ['ls', '--json'])).map((line) => JSON.parse(line))
  assert.deepEqual(
    listed.map((workload) => workload.exit_code),
    [4, 0],
  )
  const events = lines(await vulcan(url, ['logs', '--json', listed[1].id]))
  assert.deepEqual(
    events.map((line) => JSON.parse(line).type),
    ['phase', 'phase', 'phase', 'output', 'done'],
  )
  const stats = JSON.parse((await vulcan(url, ['stats', '--json'])).stdout.toString())
  assert.equal(stats.by_status.completed, 2)
  const waited = await vulcan(url, ['wait', '--json', listed[1].id, listed[0].id])
  assert.equal(waited.exitCode, 4)
  assert.deepEqual(
    lines(waited).map((line) => JSON.parse(line).stdout),
    ['a\n', ''],
  )
})

test('on a terminal there are tables, and phases that leave no trace', async () => {
  await using server = await openPretendServer()
  const erase = '\r\u001b[2K'
  const ran = await onTerminal(server.url, `run -c 'print("a")'`)
  const progress = ['image', 'booting', 'running']
    .map((phase) => `${erase}vulcan: ${phase}`)
    .join('')
  assert.ok(ran.startsWith(`${progress}${erase}a\r\n`), JSON.stringify(ran))
  const listed = await onTerminal(server.url, 'ls')
  assert.match(listed, /^ID +STATUS +REASON +EXIT +RUNTIME +CREATED +LASTED\r\n/)
  const counted = await onTerminal(server.url, 'stats')
  assert.match(counted, /^completed +1\r$/m)
})

test('without a server each command says in one line which variable names it', async () => {
  const exitCodes = {
    2: [['ls'], ['kill', UNKNOWN]],
    125: [
      ['run', '-dc', 'x'],
      ['wait', UNKNOWN],
    ],
  }
  for (const [code, commands] of Object.entries(exitCodes)) {
    for (const args of commands) {
      const { stderr, exitCode } = await vulcan('', args)
      assert.match(stderr, /^vulcan: this needs a server: set VULCAN_API_URL .*\n$/)
      assert.equal(exitCode, Number(code))
    }
  }
})
