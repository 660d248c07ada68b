import assert from 'node:assert/strict'
import { test } from 'node:test'
import { UnavailableError } from '../src/adapters/adapter.ts'
import { firstThatWorks } from '../src/adapters/first-that-works.ts'
import { VulcanServer } from '../src/adapters/vulcan-server.ts'
import { takeSample } from '../src/measure/take-sample.ts'
import { hello } from '../src/programs.ts'
import { standIn } from './support/stand-in.ts'

const { signal } = new AbortController()
const node = [process.execPath, '-']

function ended(stdout: string, more: object = {}) {
  const output = Buffer.from(stdout).toString('base64')
  return { status: 'completed', exit_code: 0, output, error: '', duration_ms: 5, ...more }
}

/** What the program of a request would print. */
function printed(code: unknown): string {
  return /\("(.+)"\)/.exec(String(code))?.[1] ?? ''
}

test('where no command works, the reason of each is given', async () => {
  const ways = [
    ['vulcan-no-such-program'],
    [process.execPath, '-e', 'console.error("sorry"); process.exit(3)'],
  ]
  await assert.rejects(firstThatWorks('docker', 'node', ways, signal), (error) => {
    assert.ok(error instanceof UnavailableError)
    assert.match(error.message, /vulcan-no-such-program.*ENOENT; .* exited with 3: sorry$/)
    return true
  })
})

test('a command that writes something else than the nonce does not work', async () => {
  const ways = [[process.execPath, '-e', 'console.log("0")']]
  await assert.rejects(firstThatWorks('unshare', 'node', ways, signal), /writes something else/)
})

test('the first command that runs a program is taken', async () => {
  await using adapter = await firstThatWorks('unshare', 'node', [['false'], node], signal)
  const sample = await takeSample(adapter, hello('node'), signal)
  assert.equal(sample.error, undefined)
  assert.ok(sample.ms !== null)
})

test('a server at which nobody answers is not available', async () => {
  const target = { url: 'http://127.0.0.1:1', key: undefined }
  await assert.rejects(VulcanServer.open('other', target), UnavailableError)
})

test('a server that speaks only what the API always had is measured, with its key', async (t) => {
  const url = await standIn(t, ({ path, authorization, body }) => {
    if (path === '/api/healthz') return { body: { status: 'ok' } }
    assert.equal(authorization, 'Bearer vk_1')
    assert.deepEqual([path, body['runtime']], ['/api/v1/workloads?wait=600', 'python'])
    return { status: 201, body: ended(`${printed(body['code'])}\n`) }
  })
  await using server = await VulcanServer.open('other', { url: `${url}/api/`, key: 'vk_1' })
  const sample = await takeSample(server, hello('python'), signal)
  assert.equal(sample.error, undefined)
  assert.ok(sample.ms !== null)
})

test('phases come with a sample, and what was found out after the answer', async (t) => {
  const phases = [{ phase: 'booting', at_ms: 2 }]
  const url = await standIn(t, ({ body }) => ({ body: ended(printed(body['code']), { phases }) }))
  const watch = {
    before: async () => undefined,
    after: async (durationMs: number) => ({ durationMs }),
  }
  await using server = await VulcanServer.open('cold', { url, key: undefined }, { watch })
  const sample = await takeSample(server, hello('node'), signal)
  assert.deepEqual(sample.phases, [{ phase: 'booting', atMs: 2 }])
  assert.deepEqual(sample.facts, { durationMs: 5 })
})

test('an answer with another nonce is a run that failed', async (t) => {
  const url = await standIn(t, () => ({ body: ended('an older answer') }))
  await using server = await VulcanServer.open('other', { url, key: undefined })
  const { ms, error } = await takeSample(server, hello('python'), signal)
  assert.equal(ms, null)
  assert.match(error ?? '', /^it answered "an older answer", not /)
})

test('so is a workload that ends in another way, and a refusal', async (t) => {
  const refusal = { status: 503, body: { error: 'full' } }
  const failed = { body: ended('', { status: 'failed', exit_code: null, error: 'boot_failed' }) }
  for (const answer of [refusal, failed]) {
    const url = await standIn(t, ({ path }) => (path === '/healthz' ? { body: {} } : answer))
    await using server = await VulcanServer.open('other', { url, key: undefined })
    const { ms, error } = await takeSample(server, hello('python'), signal)
    assert.equal(ms, null)
    assert.match(error ?? '', /gave 503: .*full|is failed, exit code null: boot_failed/)
  }
})
