import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { OptionError, Vulcan } from '@vulcan/client'
import { json, ScriptedServer } from './support/scripted-server.ts'

const KEY = 'vk_very-secret'

for (const [what, options] of [
  ['no address', { url: 'vulcan' }],
  ['an address of another protocol', { url: 'file:///etc/passwd' }],
  ['an address with a password', { url: 'https://user:word@vulcan.example.org' }],
  ['an address with a query', { url: 'https://vulcan.example.org/?x=1' }],
  ['a key over plain HTTP to another machine', { url: 'http://vulcan.example.org', apiKey: KEY }],
  ['a name that only begins like a loopback', { url: 'http://127.0.0.1.example.org', apiKey: KEY }],
  ['a key of two lines', { apiKey: `${KEY}\r\nx: y` }],
] as const) {
  test(`${what} is refused, without the key in the words`, () => {
    assert.throws(
      () => new Vulcan(options),
      (error: unknown) => error instanceof OptionError && !inspect(error).includes(KEY),
    )
  })
}

test('a key goes over plain HTTP to this machine, and elsewhere where that is allowed', () => {
  for (const url of ['http://localhost:1', 'http://127.0.0.1', 'http://[::1]:8080']) {
    assert.ok(new Vulcan({ url, apiKey: KEY }))
  }
  assert.ok(new Vulcan({ url: 'http://vulcan.example.org', apiKey: KEY, allowInsecure: true }))
})

test('a client that is printed does not show its key', () => {
  const client = new Vulcan({ apiKey: KEY })
  assert.ok(!inspect(client, { depth: 9, showHidden: true }).includes(KEY))
  assert.ok(!JSON.stringify(client).includes(KEY))
})

test('address and key are those of the environment, and the key goes along as a bearer token', async (t) => {
  await using server = await ScriptedServer.open(json([]))
  t.after(() => {
    delete process.env['VULCAN_API_URL']
    delete process.env['VULCAN_API_KEY']
  })
  process.env['VULCAN_API_URL'] = `${server.url}/below/`
  process.env['VULCAN_API_KEY'] = KEY
  assert.deepEqual(await new Vulcan().backends(), [])
  assert.deepEqual(server.calls, ['GET /below/v1/backends'])
  assert.equal(server.seen[0]?.headers.authorization, `Bearer ${KEY}`)
})
