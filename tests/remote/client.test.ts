import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { Vulcan } from '@vulcan/client'
import { openPretendServer } from '../support/pretend-server.ts'

const CLIENT = join(import.meta.dirname, '../../packages/client')

const OUTPUT: Readonly<Record<string, string>> = {
  'first-run.ts': '0 hello\n\n',
  'follow-and-kill.ts': 'I go on\nit is killed\n409 workload_ended\ntrue\n',
  'live-output.ts':
    'it is image\nit is booting\nit is running\nstdout: one\nstderr: two\nit exited with 3\n',
}

test('every example is tried', () => {
  assert.deepEqual(readdirSync(join(CLIENT, 'examples')).sort(), Object.keys(OUTPUT))
})

for (const [name, output] of Object.entries(OUTPUT)) {
  test(`the example ${name} does on a server what it says`, async () => {
    await using server = await openPretendServer()
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [join(CLIENT, 'examples', name)],
      { env: { ...process.env, VULCAN_API_URL: server.url }, timeout: 120_000 },
    )
    assert.equal(stdout, output)
  })
}

test('the first run of the README is the example', () => {
  const readme = readFileSync(join(CLIENT, 'README.md'), 'utf8')
  const block = /```ts\n(?<code>[^`]*)```/.exec(readme)?.groups?.['code'] ?? ''
  const example = readFileSync(join(CLIENT, 'examples/first-run.ts'), 'utf8')
  assert.equal(block.replace(/new Vulcan\(.*\)/, 'new Vulcan()'), example)
})

test('many runs at once each have their own result', async () => {
  await using server = await openPretendServer()
  const vulcan = new Vulcan({ url: server.url })
  const codes = Array.from({ length: 20 }, (_, at) => at)
  const results = await Promise.all(
    codes.map((code) => vulcan.run(`print("I am ${code}"); exit(${code})`)),
  )
  assert.deepEqual(
    results.map(({ exitCode, stdout }) => [exitCode, stdout]),
    codes.map((code) => [code, `I am ${code}\n`]),
  )
  assert.equal((await vulcan.stats()).byStatus.completed, 20)
  const listed = await Array.fromAsync(vulcan.list())
  assert.equal(new Set(listed.map(({ id }) => id)).size, 20)
})

test('an aborted run is killed on the server, and has what it wrote', async () => {
  await using server = await openPretendServer()
  const vulcan = new Vulcan({ url: server.url })
  const abort = new AbortController()
  const result = await vulcan.run('print("so far"); sleep()', {
    signal: abort.signal,
    onStdout: () => abort.abort(),
  })
  assert.deepEqual([result.status, result.reason, result.exitCode], ['killed', 'killed', null])
  assert.equal(result.stdout, 'so far\n')
  assert.equal((await vulcan.get(result.id)).status, 'killed')
})

test('logs and output of an ended workload are its exact bytes, without following too', async () => {
  await using server = await openPretendServer()
  const vulcan = new Vulcan({ url: server.url })
  const { id } = await vulcan.run({ runtime: 'python', code: 'cat(); warn("ä")', stdin: 'a\0b' })
  for (const follow of [true, false]) {
    const events = await Array.fromAsync(vulcan.logs(id, { follow }))
    const texts = events.map((event) => {
      return event.type === 'output' ? `${event.stream} ${Buffer.from(event.bytes)}` : event.type
    })
    assert.deepEqual(texts, ['phase', 'phase', 'phase', 'stdout a\0b', 'stderr ä\n', 'done'])
  }
  assert.equal((await buffer(await vulcan.output(id, 'stdout'))).toString(), 'a\0b')
})

test('what the server refuses has its code and the field', async () => {
  await using server = await openPretendServer()
  const vulcan = new Vulcan({ url: server.url })
  await assert.rejects(vulcan.run({ runtime: 'python', code: 'x', cpus: 99 }), {
    ...{ name: 'ApiError', code: 'invalid_request', status: 400, field: 'resources.cpus' },
  })
  await assert.rejects(vulcan.run({ runtime: 'go', code: 'x' }), { code: 'unsupported_runtime' })
  await assert.rejects(vulcan.get('01J00000000000000000000000'), { code: 'workload_unknown' })
})
