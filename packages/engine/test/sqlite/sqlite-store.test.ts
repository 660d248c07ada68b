import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdir, readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import { SqliteStore, StoreError } from '@vulcan/engine'
import { insertInto, testStoreContract } from '../support/store-contract.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { anEnd, aSpec, aWorkload } from '../support/workloads.ts'

async function databasePath(t: TestContext): Promise<string> {
  return join(await temporaryDirectory(t), 'vulcan.db')
}

testStoreContract('SQLite', async (t) => {
  const store = await SqliteStore.open(await databasePath(t))
  t.after(() => store[Symbol.asyncDispose]())
  return store
})

test('what was closed is found when it is opened again', async (t) => {
  const path = await databasePath(t)
  const kept = aWorkload()
  {
    await using store = await SqliteStore.open(path)
    await store.insert(kept, aSpec({ id: kept.id, code: 'kept' }))
    await insertInto(store)
  }
  await using store = await SqliteStore.open(path)
  assert.deepEqual(await store.get(kept.id), kept)
  assert.equal((await store.spec(kept.id))?.code, 'kept')
  assert.equal((await store.list({ limit: 1 })).total, 2)
})

test('what does not fit on the disk is refused, and nothing of it is stored', async (t) => {
  const program = join(import.meta.dirname, '../support/bounded-process.ts')
  const inputBytes = 4 * 1024 * 1024
  // At most 2 MiB: the units are 512 or 1024 bytes.
  const bounded = ['-c', 'ulimit -f 2048 && exec "$@"', 'sh']
  const { stdout } = await promisify(execFile)('sh', [
    ...bounded,
    ...[process.execPath, program, await databasePath(t), String(inputBytes)],
  ])
  assert.deepEqual(JSON.parse(stdout), { refusal: 'EFBIG', left: 0 })
})

test('a workload whose file was cut is not run with what is left of it', async (t) => {
  const path = await databasePath(t)
  await using store = await SqliteStore.open(path)
  const workload = aWorkload()
  const { id } = workload
  await store.insert(workload, aSpec({ id, input: Buffer.from('abc') }))
  const file = join(`${path}-specs`, id)
  await truncate(file, (await stat(file)).size - 1)
  await assert.rejects(store.spec(id), /bytes, not/)
})

test('one process has a store for itself', async (t) => {
  const path = await databasePath(t)
  {
    await using _store = await SqliteStore.open(path)
    await assert.rejects(
      SqliteStore.open(path),
      (error) => error instanceof StoreError && error.code === 'store_in_use',
    )
  }
  await using _next = await SqliteStore.open(path)
})

test('a database of a later version is refused and left as it is', async (t) => {
  const path = await databasePath(t)
  await (await SqliteStore.open(path))[Symbol.asyncDispose]()
  const later = new DatabaseSync(path)
  later.exec('PRAGMA user_version = 1000')
  later.close()
  const before = await readFile(path)
  await assert.rejects(
    SqliteStore.open(path),
    (error) => error instanceof StoreError && error.code === 'store_newer',
  )
  assert.deepEqual(await readFile(path), before)
})

test('a database of the first version is brought to this one, with all that it holds', async (t) => {
  const path = await databasePath(t)
  const kept = aWorkload()
  {
    await using store = await SqliteStore.open(path)
    await store.insert(kept, aSpec({ id: kept.id, code: 'kept' }))
  }
  const first = new DatabaseSync(path)
  first.exec('DROP TABLE keys; PRAGMA user_version = 1')
  first.close()
  await using store = await SqliteStore.open(path)
  assert.deepEqual(await store.get(kept.id), kept)
  const again = aWorkload()
  const idempotency = { key: 'k', requestHash: 'x' }
  await store.insert(again, aSpec({ id: again.id }), idempotency)
  assert.equal((await store.keptRequest(again.owner, 'k', 0))?.workloadId, again.id)
})

test('a file that is no database is refused and left as it is', async (t) => {
  const path = await databasePath(t)
  await writeFile(path, 'no database at all, but a text of some length')
  await assert.rejects(SqliteStore.open(path), /not a database/)
  assert.match(await readFile(path, 'utf8'), /no database at all/)
})

test('only the owner can read the database, its log and the specs', async (t) => {
  const path = await databasePath(t)
  await using store = await SqliteStore.open(path)
  const { id } = await insertInto(store)
  const files = [path, `${path}-wal`, `${path}-lock`, join(`${path}-specs`, id)]
  for (const file of files) assert.equal((await stat(file)).mode & 0o777, 0o600, file)
  assert.equal((await stat(`${path}-specs`)).mode & 0o777, 0o700)
})

test('code and environment are in no file once their workload has ended', async (t) => {
  const directory = await temporaryDirectory(t)
  const path = join(directory, 'vulcan.db')
  await using store = await SqliteStore.open(path)
  const workload = aWorkload()
  const spec = aSpec({ id: workload.id, code: 'secret-code', env: { KEY: 'secret-value' } })
  await store.insert(workload, spec)
  assert.match(await readFile(join(`${path}-specs`, workload.id), 'utf8'), /secret-code/)
  await store.start(workload.id, 1)
  await store.end(workload.id, anEnd())
  const found = await readdir(directory, { recursive: true, withFileTypes: true })
  const files = found.filter((entry) => entry.isFile())
  assert.ok(files.length >= 2)
  for (const { parentPath, name } of files) {
    assert.doesNotMatch(await readFile(join(parentPath, name), 'latin1'), /secret-/)
  }
})

test('what a crash left beside the database is removed, and what is needed stays', async (t) => {
  const path = await databasePath(t)
  const specs = `${path}-specs`
  await mkdir(specs)
  let pending: string
  let ended: string
  {
    await using store = await SqliteStore.open(path)
    pending = (await insertInto(store)).id
    ended = (await insertInto(store)).id
    await store.end(ended, anEnd({ reason: 'killed' }))
  }
  // As after a crash between the end's commit and the deletion, and before an insertion's commit.
  await writeFile(join(specs, ended), 'left')
  await writeFile(join(specs, aWorkload().id), 'left')
  await using _store = await SqliteStore.open(path)
  assert.deepEqual(await readdir(specs), [pending])
})

test('a spec that is broken is an error of its workload alone', async (t) => {
  const path = await databasePath(t)
  await using store = await SqliteStore.open(path)
  const broken = await insertInto(store)
  const whole = await insertInto(store)
  await writeFile(join(`${path}-specs`, broken.id), Buffer.from([0, 0, 0, 2, 0x7b, 0x7d]))
  await assert.rejects(store.spec(broken.id))
  assert.equal((await store.spec(whole.id))?.id, whole.id)
})

test('a store that is closed refuses changes', async (t) => {
  const store = await SqliteStore.open(await databasePath(t))
  const { id } = await insertInto(store)
  const lastWord = store.start(id, 1)
  await store[Symbol.asyncDispose]()
  assert.equal(await lastWord, true)
  await assert.rejects(
    store.start(id, 1),
    (error) => error instanceof StoreError && error.code === 'store_closed',
  )
})
