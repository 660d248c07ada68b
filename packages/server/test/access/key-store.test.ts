import assert from 'node:assert/strict'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { KeyError, KeyStore, type NewKey } from '@vulcan/server'
import { newApiKey, parseApiKey } from '../../src/access/api-key.ts'
import { emptyKeyStore } from '../support/key-store.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

test('a key that was made is found by its secret, with all that was decided of it', async (t) => {
  const keys = await emptyKeyStore(t)
  const beforeMs = Date.now()
  const quota = { maxConcurrent: 2, ratePerMinute: 60, maxCpus: 1, maxMemMib: 512 }
  const { secretKey, record } = keys.create({
    name: 'ci',
    scopes: ['run'],
    quota: { ...quota, maxNetwork: 'public' },
    expiresAtMs: 5_000_000_000_000,
  })
  const { createdAtMs, id, ...rest } = record
  assert.ok(createdAtMs >= beforeMs && createdAtMs <= Date.now())
  assert.deepEqual(rest, {
    prefix: `vk_${id}`,
    name: 'ci',
    scopes: ['run'],
    quota: { ...quota, maxNetwork: 'public' },
    expiresAtMs: 5_000_000_000_000,
    revokedAtMs: null,
    lastUsedAtMs: null,
  })
  const key = parseApiKey(secretKey)!
  assert.equal(key.id, id)
  assert.deepEqual(keys.verify(key), record)
  assert.deepEqual(keys.list(), [record])
})

test('neither a wrong secret nor another id finds a key', async (t) => {
  const keys = await emptyKeyStore(t)
  const [one, other] = [keys.create({ scopes: ['read'] }), keys.create({ scopes: ['admin'] })]
  const { id, secret } = parseApiKey(one.secretKey)!
  assert.equal(keys.verify({ id, secret: newApiKey().secret }), undefined)
  assert.equal(keys.verify({ id: other.record.id, secret }), undefined)
  assert.equal(keys.verify({ id: newApiKey().id, secret }), undefined)
  assert.equal(keys.verify({ id, secret: '' }), undefined)
})

test('no file holds a secret, and only the owner reads them', async (t) => {
  const directory = await temporaryDirectory(t)
  using keys = await KeyStore.open(join(directory, 'keys.db'))
  const { secretKey, record } = keys.create({ name: 'kept', scopes: ['run'] })
  const files = await readdir(directory)
  assert.ok(files.includes('keys.db') && files.includes('keys.db-wal'))
  const contents = await Promise.all(files.map((file) => readFile(join(directory, file), 'latin1')))
  assert.ok(contents.some((content) => content.includes(record.id)))
  for (const content of contents) assert.ok(!content.includes(parseApiKey(secretKey)!.secret))
  for (const file of files) {
    assert.equal((await stat(join(directory, file))).mode & 0o777, 0o600, file)
  }
})

test('what one process does with keys another one sees at once', async (t) => {
  const path = join(await temporaryDirectory(t), 'keys.db')
  using served = await KeyStore.open(path)
  using changed = await KeyStore.open(path)
  assert.equal(served.hasKeys, false)
  const { secretKey, record } = changed.create({ scopes: ['run'] })
  assert.equal(served.hasKeys, true)
  assert.equal(served.verify(parseApiKey(secretKey)!)?.revokedAtMs, null)
  const { revokedAtMs } = changed.revoke(record.id).record
  assert.equal(served.verify(parseApiKey(secretKey)!)?.revokedAtMs, revokedAtMs)
})

test('a key is revoked once, and then stays as it is', async (t) => {
  const keys = await emptyKeyStore(t)
  const { record } = keys.create({ scopes: ['run'] })
  const first = keys.revoke(record.id)
  assert.equal(first.isNew, true)
  assert.ok(first.record.revokedAtMs! <= Date.now())
  assert.deepEqual(keys.revoke(record.id), { isNew: false, record: first.record })
})

test('a key can be named by its id, its prefix, or all of it', async (t) => {
  const keys = await emptyKeyStore(t)
  const { secretKey, record } = keys.create({ scopes: ['run'] })
  for (const named of [record.id, record.prefix, secretKey]) {
    assert.equal(keys.revoke(named).record.id, record.id)
  }
})

test('a host that had a key goes on asking for one', async (t) => {
  const keys = await emptyKeyStore(t)
  keys.revoke(keys.create({ scopes: ['run'], expiresAtMs: 1 }).record.id)
  assert.equal(keys.hasKeys, true)
})

test('an unknown key cannot be revoked, and says where the known ones are', async (t) => {
  const keys = await emptyKeyStore(t)
  assert.throws(
    () => keys.revoke('nobody'),
    (error) =>
      error instanceof KeyError &&
      error.code === 'key_unknown' &&
      /vk_nobody: see "vulcan keys ls"/.test(error.message),
  )
})

test('uses are remembered for each key, and those of keys that are not there are dropped', async (t) => {
  const keys = await emptyKeyStore(t)
  const [one, two, three] = [1, 2, 3].map(() => keys.create({ scopes: ['run'] }).record.id)
  keys.recordUses(
    new Map([
      [one!, 10],
      [two!, 20],
      ['nobody', 30],
    ]),
  )
  const used = Object.fromEntries(keys.list().map(({ id, lastUsedAtMs }) => [id, lastUsedAtMs]))
  assert.deepEqual(used, { [one!]: 10, [two!]: 20, [three!]: null })
})

test('a key that cannot be is refused by what is wrong, and a bound that is not known is not ignored', async (t) => {
  const keys = await emptyKeyStore(t)
  for (const [request, words] of [
    [{ scopes: [] }, /^scopes: /],
    [{ scopes: ['run'], name: 'x'.repeat(101) }, /^name: /],
    [{ scopes: ['run'], quota: { maxCpus: 0 } }, /^quota\.maxCpus: /],
    [{ scopes: ['run'], quota: { maxDisk: 1 } as object }, /^quota: .*maxDisk/],
  ] as const satisfies readonly (readonly [NewKey, RegExp])[]) {
    assert.throws(
      () => keys.create({ ...request, scopes: [...request.scopes] }),
      (error) =>
        error instanceof KeyError && error.code === 'key_invalid' && words.test(error.message),
    )
  }
  assert.deepEqual(keys.list(), [])
})
