import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkExposure, type Exposure, ExposureError } from '../src/exposure.ts'
import { EXPOSURE_FLAGS } from '../src/exposure-flags.ts'

const SAFE: Exposure = {
  listenAddress: '127.0.0.1',
  hasKeys: true,
  isolationStrength: 'hardware',
  jailed: true,
  allow: {},
}

/** The code of the refusal; undefined when a server may start. */
function refusal(change: Partial<Exposure>): string | undefined {
  try {
    checkExposure({ ...SAFE, ...change })
    return undefined
  } catch (error) {
    assert.ok(error instanceof ExposureError)
    return error.code
  }
}

test('with keys, the hardware and the jailer a server may listen anywhere', () => {
  for (const listenAddress of ['127.0.0.1', 'localhost', '::1', '0.0.0.0', '::', '192.0.2.1']) {
    assert.equal(refusal({ listenAddress }), undefined)
  }
})

test("without keys one's own machine may do without all of it", () => {
  const own = { hasKeys: false, isolationStrength: 'emulated', jailed: false } as const
  for (const listenAddress of ['127.0.0.1', '127.1.2.3', 'localhost', '::1']) {
    assert.equal(refusal({ ...own, listenAddress }), undefined)
  }
})

test('without keys an address that others reach is refused, unless the risk is named', () => {
  for (const listenAddress of ['0.0.0.0', '::', '192.168.1.2', '128.0.0.1', 'example.org']) {
    const open = { hasKeys: false, listenAddress }
    assert.equal(refusal(open), 'network_unauthenticated')
    assert.equal(refusal({ ...open, allow: { allowUnauthenticatedNetwork: true } }), undefined)
  }
})

test("other people's code in emulated VMs is refused, unless the risk is named", () => {
  const emulated = { isolationStrength: 'emulated', jailed: false } as const
  assert.equal(refusal(emulated), 'isolation_emulated')
  assert.equal(refusal({ ...emulated, allow: { allowWithoutJailer: true } }), 'isolation_emulated')
  assert.equal(refusal({ ...emulated, allow: { allowEmulatedIsolation: true } }), undefined)
})

test("other people's code without the jailer is refused, unless the risk is named", () => {
  assert.equal(refusal({ jailed: false }), 'jailer_missing')
  assert.equal(
    refusal({ jailed: false, allow: { allowEmulatedIsolation: true } }),
    'jailer_missing',
  )
  assert.equal(refusal({ jailed: false, allow: { allowWithoutJailer: true } }), undefined)
})

test('whoever may run code without a key is other people, too', () => {
  const open = { hasKeys: false, listenAddress: '0.0.0.0' }
  const allow = { allowUnauthenticatedNetwork: true }
  assert.equal(refusal({ ...open, allow, isolationStrength: 'emulated' }), 'isolation_emulated')
  assert.equal(refusal({ ...open, allow, jailed: false }), 'jailer_missing')
})

test('each refusal names the flag that accepts its risk', () => {
  for (const [change, flag] of [
    [{ hasKeys: false, listenAddress: '0.0.0.0' }, EXPOSURE_FLAGS.allowUnauthenticatedNetwork.flag],
    [{ isolationStrength: 'emulated' }, EXPOSURE_FLAGS.allowEmulatedIsolation.flag],
    [{ jailed: false }, EXPOSURE_FLAGS.allowWithoutJailer.flag],
  ] as const) {
    assert.throws(
      () => checkExposure({ ...SAFE, ...change }),
      (error) => error instanceof Error && error.message.includes(`say ${flag} to accept the risk`),
    )
  }
})

test('the names of the flags are what commander makes of them', () => {
  for (const [name, { flag }] of Object.entries(EXPOSURE_FLAGS)) {
    const words = flag.replace(/^--/, '').replace(/-(.)/g, (_, letter) => letter.toUpperCase())
    assert.equal(words, name)
  }
})
