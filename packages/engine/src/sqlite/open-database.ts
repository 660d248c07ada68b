import { open } from 'node:fs/promises'
import type { DatabaseSync } from 'node:sqlite'
import { StoreError } from '../errors.ts'

/** How long a statement waits, and this process with it, for another process that writes. */
const BUSY_MS = 1_000
/** What a checkpoint leaves of the write-ahead log. */
const LOG_KEPT_BYTES = 64 * 1024 * 1024

/**
 * Opens a database that only this user can read, or makes it in a directory that exists, and brings it
 * to the version of this program. What it commits survives a loss of power.
 *
 * Each of `migrations` brings a database from the version that is its index to the next; together they
 * happen or none does, whichever process comes first. What was released is never changed; a new version
 * is one more entry. Throws `StoreError` `store_newer` for a database that a later program has made.
 */
export async function openDatabase(
  path: string,
  migrations: readonly string[],
): Promise<DatabaseSync> {
  await makePrivate(path)
  // Hosts without a database do not load SQLite.
  const { DatabaseSync } = await import('node:sqlite')
  using held = new DisposableStack()
  const database = held.adopt(new DatabaseSync(path, { timeout: BUSY_MS }), (db) => db.close())
  database.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA foreign_keys = ON;
    PRAGMA trusted_schema = OFF;
    PRAGMA journal_size_limit = ${LOG_KEPT_BYTES};
  `)
  migrate(database, path, migrations)
  held.move()
  return database
}

/** Makes the file, if there is none, for this user only: SQLite would let others read it. */
export async function makePrivate(path: string): Promise<void> {
  await using _file = await open(path, 'a', 0o600)
}

function migrate(database: DatabaseSync, path: string, migrations: readonly string[]): void {
  if (versionOf(database, path, migrations) === migrations.length) return
  database.exec('BEGIN IMMEDIATE')
  // Another process may have been at it until now. What throws is rolled back when it is closed.
  const version = versionOf(database, path, migrations)
  for (const statements of migrations.slice(version)) database.exec(statements)
  database.exec(`PRAGMA user_version = ${migrations.length}; COMMIT`)
}

function versionOf(database: DatabaseSync, path: string, migrations: readonly string[]): number {
  const { user_version: version } = database.prepare('PRAGMA user_version').get() ?? {}
  if (typeof version === 'number' && version <= migrations.length) return version
  throw new StoreError(
    'store_newer',
    `${path} has version ${version}, and this Vulcan knows ${migrations.length}: run a newer Vulcan`,
  )
}
