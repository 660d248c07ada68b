import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ENDPOINTS } from '../../src/versions/endpoints.ts'
import { missingFrom } from '../../src/versions/missing-from.ts'
import { missingFromDocument } from '../../src/versions/missing-from-document.ts'
import { SINCE } from '../../src/versions/since.ts'
import { isAtLeast, parseVersion } from '../../src/versions/version.ts'

for (const [version, first, expected] of [
  ['1.16.1', '1.16.1', true],
  ['1.16.1', '1.16.0', true],
  ['1.16.0', '1.16.1', false],
  ['1.9.0', '1.10.0', false],
  ['2.0.0', '1.16.1', true],
  ['v1.16.0-dev', '1.16.0', true],
  ['unknown', '1.0.0', false],
] as const) {
  test(`${version} is ${expected ? '' : 'not '}at least ${first}`, () => {
    assert.equal(isAtLeast(version, first), expected)
  })
}

test('all that came later is of a call that there is, and of a version', () => {
  for (const [endpoint, { endpoint: since, fields = {} }] of Object.entries(SINCE)) {
    assert.ok(
      ENDPOINTS.some((known) => known === endpoint),
      endpoint,
    )
    for (const version of [...(since === undefined ? [] : [since]), ...Object.values(fields)]) {
      assert.notEqual(parseVersion(version), undefined, version)
    }
  }
})

test('a body without later fields is in every version', () => {
  assert.equal(missingFrom('1.0.0', 'PUT /drives/{id}', { drive_id: 'a' }), undefined)
  assert.equal(missingFrom('1.0.0', 'PUT /drives/{id}', { socket: '/a' })?.neededVersion, '1.6.0')
})

test('a document is looked through to its last device', () => {
  const document = {
    drives: [{ drive_id: 'a' }],
    pmem: [{ id: 'a' }, { id: 'b', rate_limiter: {} }],
  }
  assert.equal(missingFromDocument('1.16.0', document), undefined)
  assert.deepEqual(missingFromDocument('1.15.0', document), {
    endpoint: 'PUT /pmem/{id}',
    field: 'rate_limiter',
    neededVersion: '1.16.0',
  })
})

test('a document had only the path of a CPU template before 1.13', () => {
  assert.equal(missingFromDocument('1.12.0', { 'cpu-config': '/template' }), undefined)
  assert.equal(missingFromDocument('1.13.0', { 'cpu-config': {} }), undefined)
  assert.equal(missingFromDocument('1.12.0', { 'cpu-config': {} })?.neededVersion, '1.13.0')
})
