import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { openDatabase, StoreError } from '@vulcan/engine'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const FIRST = 'CREATE TABLE one (value INTEGER) STRICT; INSERT INTO one VALUES (1)'
const SECOND = 'INSERT INTO one VALUES (2)'

test('a database is brought to the version of the program, each step once', async (t) => {
  const path = join(await temporaryDirectory(t), 'x.db')
  for (const migrations of [[FIRST], [FIRST], [FIRST, SECOND], [FIRST, SECOND]]) {
    using database = await openDatabase(path, migrations)
    const { n } = database.prepare('SELECT count(*) AS n FROM one').get() ?? {}
    assert.equal(n, migrations.length)
  }
})

test('a step that fails leaves the database as it was', async (t) => {
  const path = join(await temporaryDirectory(t), 'x.db')
  await assert.rejects(openDatabase(path, [FIRST, 'INSERT INTO two VALUES (2)']), /no such table/)
  using database = await openDatabase(path, [FIRST])
  assert.deepEqual({ ...database.prepare('SELECT * FROM one').get() }, { value: 1 })
})

test('of processes that open a new database at once, one makes it', async (t) => {
  const path = join(await temporaryDirectory(t), 'x.db')
  const program = `
    import { openDatabase } from '@vulcan/engine'
    using database = await openDatabase(process.argv[1], [${JSON.stringify(FIRST)}])
    console.log(database.prepare('SELECT count(*) AS n FROM one').get().n)`
  const open = () =>
    promisify(execFile)(process.execPath, ['--input-type=module', '-e', program, path], {
      cwd: import.meta.dirname,
    })
  const opened = await Promise.all(Array.from({ length: 4 }, open))
  assert.deepEqual(
    opened.map(({ stdout }) => stdout.trim()),
    ['1', '1', '1', '1'],
  )
})

test('a database of a later version is refused', async (t) => {
  const path = join(await temporaryDirectory(t), 'x.db')
  ;(await openDatabase(path, [FIRST, SECOND])).close()
  await assert.rejects(
    openDatabase(path, [FIRST]),
    (error) => error instanceof StoreError && error.code === 'store_newer',
  )
})
