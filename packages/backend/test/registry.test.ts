import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RUNTIMES, type Runtime } from '@vulcan/schema'
import { type Backend, BackendError, Registry } from '../src/index.ts'

/** A backend of which only its capabilities are asked. */
function backendFor(supportedRuntimes: readonly Runtime[]): Backend {
  const unused = () => assert.fail('not asked for')
  return {
    execute: unused,
    cleanup: unused,
    idle: unused,
    shutdown: unused,
    capabilities: () => ({
      name: 'firecracker',
      supportedRuntimes,
      supportedIsolations: ['microvm'],
      maxConcurrency: 10,
      isolationStrength: 'hardware',
    }),
  }
}

const refuses = (code: string, words: RegExp) => (error: unknown) => {
  assert.ok(error instanceof BackendError)
  assert.equal(error.code, code)
  assert.match(error.message, words)
  return true
}

test('auto and microvm lead each runtime to the registered backend', () => {
  const backend = backendFor(RUNTIMES)
  const registry = new Registry()
  registry.register(backend)
  for (const runtime of RUNTIMES) {
    assert.equal(registry.resolve('auto', runtime), backend)
    assert.equal(registry.resolve('microvm', runtime), backend)
  }
})

test('what is not registered is refused with the reason that was declared', () => {
  const registry = new Registry()
  assert.throws(
    () => registry.resolve('auto', 'go'),
    refuses('unsupported_isolation', /no backend for it is registered/),
  )
  registry.declareUnavailable('microvm', 'there is no kernel')
  assert.throws(
    () => registry.resolve('microvm', 'go'),
    refuses('unsupported_isolation', /"microvm" is not available on this host: there is no kernel/),
  )
})

test('a runtime that the backend does not know is refused with those it knows', () => {
  const registry = new Registry()
  registry.register(backendFor(['go', 'python']))
  assert.throws(
    () => registry.resolve('auto', 'node'),
    refuses('unsupported_runtime', /^unsupported runtime: "node" .*go, python/),
  )
})
