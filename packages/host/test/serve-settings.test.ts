import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigError } from '@vulcan/schema'
import { readServeSettings } from '../src/serve-settings.ts'

const HOME = '/var/lib/vulcan'

test('without variables a server listens on loopback alone and keeps its database in the data directory', () => {
  const { listenAddress, dbPath, logLevel, queue, retention, drainMs } = readServeSettings({}, HOME)
  assert.deepEqual(listenAddress, { host: '127.0.0.1', port: 8080 })
  assert.equal(dbPath, '/var/lib/vulcan/vulcan.db')
  assert.equal(logLevel, 'info')
  assert.deepEqual(queue, { max: 1_000, maxPerOwner: 100 })
  assert.deepEqual(retention, { maxAgeMs: 7 * 24 * 3_600_000, maxWorkloads: 100_000 })
  assert.equal(drainMs, 30_000)
})

for (const [text, host, port] of [
  ['127.0.0.1:9000', '127.0.0.1', 9000],
  ['localhost:0', '127.0.0.1', 0],
  ['[::1]:8080', '::1', 8080],
  [':8080', '::', 8080],
  ['0.0.0.0:80', '0.0.0.0', 80],
] as const) {
  test(`VULCAN_LISTEN_ADDR=${text} is ${host}, port ${port}`, () => {
    const { listenAddress } = readServeSettings({ VULCAN_LISTEN_ADDR: text }, HOME)
    assert.deepEqual(listenAddress, { host, port })
  })
}

for (const [name, value] of [
  ['VULCAN_LISTEN_ADDR', '8080'],
  ['VULCAN_LISTEN_ADDR', '127.0.0.1:65536'],
  ['VULCAN_LISTEN_ADDR', '::1:8080'],
  ['VULCAN_LISTEN_ADDR', 'vulcan.example.com:8080'],
  ['VULCAN_LISTEN_ADDR', '127.0.0.1.example.com:8080'],
  ['VULCAN_LOG_LEVEL', 'loud'],
  ['VULCAN_QUEUE_MAX', '0'],
  ['VULCAN_DRAIN_MS', '-1'],
  ['VULCAN_DRAIN_MS', '1e3'],
  ['VULCAN_CORS_ORIGINS', '*'],
  ['VULCAN_CORS_ORIGINS', 'https://example.com/path'],
] as const) {
  test(`${name}=${value} is refused by name, with what it takes`, () => {
    assert.throws(
      () => readServeSettings({ [name]: value }, HOME),
      (error) => {
        assert.ok(error instanceof ConfigError)
        assert.equal(error.variable, name)
        assert.match(error.message, /, but takes /)
        return true
      },
    )
  })
}

test('origins are read one by one', () => {
  const { corsOrigins } = readServeSettings(
    { VULCAN_CORS_ORIGINS: 'https://a.example,http://localhost:3000' },
    HOME,
  )
  assert.deepEqual(corsOrigins, ['https://a.example', 'http://localhost:3000'])
})
