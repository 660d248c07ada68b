import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HttpProblem, KeylessAuthenticator } from '@vulcan/server'
import fc from 'fast-check'
import { requestFacts } from '../support/request-facts.ts'

const LOOPBACK = new KeylessAuthenticator({ listenAddress: '127.0.0.1' })
const NETWORK = new KeylessAuthenticator({ listenAddress: '0.0.0.0' })

type Header = readonly [name: string, value: string]

/** The code of the refusal; undefined when the request is let in. */
function refusal(
  headers: readonly Header[],
  { authenticator = LOOPBACK, method = 'GET', url = '/v1/stats' } = {},
): string | undefined {
  try {
    authenticator.admit(requestFacts({ method, url, headers }))
    return undefined
  } catch (error) {
    assert.ok(error instanceof HttpProblem)
    return error.code
  }
}

const host = (value: string): Header => ['Host', value]
const HOME = host('localhost:8080')

test('whoever is let in may do everything, and owns nothing', () => {
  const { owner, scopes, quota } = LOOPBACK.identify()
  assert.equal(owner, '')
  assert.deepEqual([...scopes].sort(), ['admin', 'read', 'run'])
  assert.deepEqual(quota, {})
  LOOPBACK.admitSubmission()
})

test('the names of this machine are answered, with and without a port', () => {
  for (const value of [
    'localhost',
    'LocalHost:8080',
    '127.0.0.1',
    '127.0.0.1:1',
    '127.255.0.3:65535',
    '[::1]',
    '[::1]:8080',
  ]) {
    assert.equal(refusal([host(value)]), undefined, value)
  }
})

test('no other name is, however much it looks like one of them', () => {
  for (const value of [
    '',
    'rebinding.example:8080',
    'localhost.rebinding.example:8080',
    'x.localhost:8080',
    'localhost.:8080',
    'localhost:',
    'localhost:8080:8080',
    'localhost:65536',
    'localhost:+80',
    'localhost,rebinding.example',
    'localhost@rebinding.example',
    'rebinding.example@localhost',
    'localhost/',
    'localhost#',
    'localhost\\',
    'localhost%00',
    ' localhost',
    '127.0.0.1.rebinding.example',
    '127.1',
    '127.0.0.01',
    '127.0.0.256',
    '0x7f.0.0.1',
    '2130706433',
    '0.0.0.0',
    '128.0.0.1',
    '::1',
    '[::1',
    '[::]',
    '[0:0:0:0:0:0:0:1]',
    '[::ffff:127.0.0.1]',
    '[::1%lo]',
    '[localhost]',
    '[127.0.0.1]',
  ]) {
    assert.equal(refusal([host(value)]), 'host_refused', value)
  }
})

test('neither no Host nor two of them are answered, nor a target that says otherwise', () => {
  assert.equal(refusal([]), 'host_refused')
  assert.equal(refusal([HOME, HOME]), 'host_refused')
  assert.equal(refusal([HOME, ['hOST', 'rebinding.example']]), 'host_refused')
  for (const url of [
    'http://rebinding.example:8080/v1/stats',
    'https://localhost/',
    'localhost:8080',
  ]) {
    assert.equal(refusal([HOME], { url }), 'host_refused')
  }
  assert.equal(refusal([HOME], { url: 'http://localhost:8080/v1/stats' }), undefined)
  assert.equal(refusal([host('rebinding.example')], { url: 'http://localhost/' }), 'host_refused')
  assert.equal(refusal([HOME], { method: 'OPTIONS', url: '*' }), undefined)
  assert.equal(refusal([HOME], { url: '//rebinding.example/' }), undefined)
})

const pieces = fc.constantFrom(
  ...[
    'localhost',
    'LOCALHOST',
    '127.0.0.1',
    '127.',
    '0',
    '[::1]',
    '[',
    ']',
    '::1',
    ':',
    ':80',
    '.',
  ],
  ...['@', '/', '?', '#', '\\', '%2e', 'rebinding.example', '。', '-', '_', ' ', '\t', 'ſ', 'K'],
)
const hostTexts = fc.oneof(
  fc.array(pieces, { maxLength: 5 }).map((some) => some.join('')),
  fc
    .tuple(fc.constantFrom('localhost', '127.0.0.1', '[::1]'), fc.string({ maxLength: 4 }))
    .map((some) => some.join('')),
  fc.webAuthority({ withIPv4: true, withIPv6: true, withPort: true }),
)

test('a Host that is answered is this machine for everybody who reads it', () => {
  fc.assert(
    fc.property(hostTexts, (value) => {
      if (refusal([host(value)]) !== undefined) return
      const { hostname, username, pathname } = new URL(`http://${value}`)
      assert.match(hostname, /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/)
      assert.deepEqual([username, pathname], ['', '/'])
    }),
    { numRuns: 5_000 },
  )
})

test('a page of another origin is refused, and one of the very same is not', () => {
  assert.equal(refusal([HOME, ['Origin', 'http://localhost:8080']]), undefined)
  assert.equal(refusal([host('localhost'), ['Origin', 'http://localhost']]), undefined)
  for (const origin of [
    'null',
    '',
    'http://rebinding.example:8080',
    'https://localhost:8080',
    'http://localhost',
    'http://localhost:8081',
    'http://127.0.0.1:8080',
    'http://localhost:8080/',
    'http://localhost:8080, http://rebinding.example',
    'file://',
  ]) {
    assert.equal(refusal([HOME, ['Origin', origin]]), 'origin_refused', origin)
  }
})

test('what a browser calls cross-site is refused, without an origin too', () => {
  for (const [site, code] of [
    ['cross-site', 'origin_refused'],
    ['cross-site, same-origin', 'origin_refused'],
    ['same-origin', undefined],
    ['same-site', undefined],
    ['none', undefined],
  ] as const) {
    assert.equal(refusal([HOME, ['Sec-Fetch-Site', site]]), code, site)
  }
})

test('a body is JSON, or refused before it is read', () => {
  const post = (...headers: Header[]) => refusal([HOME, ...headers], { method: 'POST' })
  const length: Header = ['Content-Length', '2']
  for (const type of ['application/json', 'Application/JSON ; charset=utf-8']) {
    assert.equal(post(length, ['Content-Type', type]), undefined, type)
  }
  for (const type of [
    '',
    'text/plain',
    'text/plain; application/json',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/jsonx',
    'application/json, text/plain',
  ]) {
    assert.equal(post(length, ['Content-Type', type]), 'unsupported_media_type', type)
  }
  assert.equal(post(length), 'unsupported_media_type')
  assert.equal(post(['Transfer-Encoding', 'chunked']), 'unsupported_media_type')
  assert.equal(post(['Content-Length', '0']), undefined)
  assert.equal(post(), undefined)
})

test('a server that others reach without keys answers to addresses, which nobody rebinds', () => {
  for (const [value, code] of [
    ['192.0.2.1:8080', undefined],
    ['[2001:db8::1]:8080', undefined],
    ['localhost:8080', undefined],
    ['vulcan.example:8080', 'host_refused'],
  ] as const) {
    assert.equal(refusal([host(value)], { authenticator: NETWORK }), code, value)
  }
  assert.equal(refusal([host('192.0.2.1:8080')]), 'host_refused')
})
