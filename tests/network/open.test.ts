import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inOuterNamespace } from '../support/outer-namespace.ts'
import { openDualStack, openShipped } from './support/slots.ts'

await inOuterNamespace(import.meta.filename, () => {
  test('without a conflist of the operator the shipped one is taken', async () => {
    const network = await openShipped()
    assert.equal(network.source, 'shipped')
    assert.equal(network.conflistName, 'vulcan')
    assert.deepEqual([...network.plugins.keys()], ['ptp', 'host-local', 'firewall'])
  })

  test("an operator's conflist is taken, with its IPAM plugin", async () => {
    const network = await openDualStack()
    assert.match(network.source, /dual\.conflist$/)
    assert.equal(network.conflistName, 'dual')
    assert.ok(network.plugins.get('host-local')?.endsWith('/host-local'))
  })
})
