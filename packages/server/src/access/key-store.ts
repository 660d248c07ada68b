import { randomBytes, timingSafeEqual } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import { openDatabase } from '@vulcan/engine'
import * as z from 'zod'
import {
  type ApiKey,
  apiKeyPrefix,
  formatApiKey,
  hashSecret,
  idOfNamed,
  newApiKey,
} from './api-key.ts'
import { KeyError } from './errors.ts'
import { KeyRecord, NewKey } from './key-record.ts'

const KEYS_MAX = 10_000

const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE keys (
    id TEXT PRIMARY KEY,
    secret_sha256 BLOB NOT NULL,
    name TEXT NOT NULL,
    scopes TEXT NOT NULL,
    quota TEXT NOT NULL,
    created_at_ms INTEGER NOT NULL,
    expires_at_ms INTEGER,
    revoked_at_ms INTEGER,
    last_used_at_ms INTEGER
  ) STRICT, WITHOUT ROWID;
  `,
]

const Row = z.object({
  id: z.string(),
  secret_sha256: z.instanceof(Uint8Array<ArrayBufferLike>),
  name: z.string(),
  scopes: z.string(),
  quota: z.string(),
  created_at_ms: z.int(),
  expires_at_ms: z.int().nullable(),
  revoked_at_ms: z.int().nullable(),
  last_used_at_ms: z.int().nullable(),
})

/** Compared with what is presented for an id that nobody has: nobody has its preimage either. */
const HASH_OF_NOBODY = randomBytes(32)

/**
 * API keys in one SQLite database, which several processes use at once: `vulcan keys` changes it while
 * a server reads it at each request. Times are of the wall clock, since expiry is told to people.
 */
export class KeyStore implements Disposable {
  readonly #database: DatabaseSync
  readonly #statements: ReturnType<typeof prepare>

  private constructor(database: DatabaseSync) {
    this.#database = database
    this.#statements = prepare(database)
  }

  /**
   * Opens the database at `path`, whose directory exists, or makes it, for this user only. Throws
   * `StoreError` `store_newer`.
   */
  static async open(path: string): Promise<KeyStore> {
    return new KeyStore(await openDatabase(path, MIGRATIONS))
  }

  /**
   * Whether a key was ever made here. Revoked and expired ones count: a host that asked for a key goes
   * on asking.
   */
  get hasKeys(): boolean {
    return this.#statements.any.get() !== undefined
  }

  /**
   * Makes a key. `secretKey` is what its caller sends, and is nowhere kept. Throws `KeyError`
   * `key_invalid` or `key_limit`.
   */
  create(request: NewKey): { readonly secretKey: string; readonly record: KeyRecord } {
    const { name, scopes, quota, expiresAtMs } = parseNewKey(request)
    const key = newApiKey()
    const { changes } = this.#statements.insert.run({
      id: key.id,
      hash: hashSecret(key.secret),
      name,
      scopes: JSON.stringify([...new Set(scopes)]),
      quota: JSON.stringify(quota),
      createdAtMs: Date.now(),
      expiresAtMs,
    })
    if (changes === 0) {
      throw new KeyError('key_limit', `this host has ${KEYS_MAX} keys, and keeps no more`)
    }
    return { secretKey: formatApiKey(key), record: this.#get(key.id) }
  }

  /** All keys, the oldest first. */
  list(): readonly KeyRecord[] {
    return this.#statements.all.all().map((row) => toRecord(Row.parse(row)))
  }

  /**
   * Which key this is, also when it is revoked or expired; undefined when its id or its secret is
   * wrong. Secrets are compared in constant time, also where there is none to compare with.
   */
  verify({ id, secret }: ApiKey): KeyRecord | undefined {
    const found = this.#statements.one.get(id)
    const row = found === undefined ? undefined : Row.parse(found)
    const isRight = timingSafeEqual(hashSecret(secret), row?.secret_sha256 ?? HASH_OF_NOBODY)
    return row !== undefined && isRight ? toRecord(row) : undefined
  }

  /**
   * The key that is named by its id, its prefix or all of it is refused from now on; a second time
   * changes nothing. Throws `KeyError` `key_unknown`.
   */
  revoke(named: string): { readonly isNew: boolean; readonly record: KeyRecord } {
    const id = idOfNamed(named)
    const { changes } = this.#statements.revoke.run({ id, nowMs: Date.now() })
    return { isNew: changes === 1, record: this.#get(id) }
  }

  /** Remembers when keys were last used, by id, in one transaction. */
  recordUses(uses: ReadonlyMap<string, number>): void {
    this.#statements.use.run(JSON.stringify([...uses]))
  }

  [Symbol.dispose](): void {
    this.#database.close()
  }

  #get(id: string): KeyRecord {
    const row = this.#statements.one.get(id)
    if (row !== undefined) return toRecord(Row.parse(row))
    throw new KeyError('key_unknown', `there is no key ${apiKeyPrefix(id)}: see "vulcan keys ls"`)
  }
}

function parseNewKey(request: NewKey): z.output<typeof NewKey> {
  const parsed = NewKey.safeParse(request)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new KeyError('key_invalid', `${issue?.path.join('.')}: ${issue?.message}`, {
    cause: parsed.error,
  })
}

function prepare(database: DatabaseSync) {
  return {
    any: database.prepare('SELECT 1 FROM keys LIMIT 1'),
    one: database.prepare('SELECT * FROM keys WHERE id = ?'),
    all: database.prepare('SELECT * FROM keys ORDER BY created_at_ms, id'),
    insert: database.prepare(
      `INSERT INTO keys (id, secret_sha256, name, scopes, quota, created_at_ms, expires_at_ms)
       SELECT :id, :hash, :name, :scopes, :quota, :createdAtMs, :expiresAtMs
       WHERE (SELECT count(*) FROM keys) < ${KEYS_MAX}`,
    ),
    revoke: database.prepare(
      'UPDATE keys SET revoked_at_ms = :nowMs WHERE id = :id AND revoked_at_ms IS NULL',
    ),
    use: database.prepare(
      `UPDATE keys SET last_used_at_ms = used.value ->> 1 FROM json_each(?) AS used
       WHERE keys.id = used.value ->> 0`,
    ),
  }
}

function toRecord(row: z.infer<typeof Row>): KeyRecord {
  return KeyRecord.parse({
    id: row.id,
    prefix: apiKeyPrefix(row.id),
    name: row.name,
    scopes: JSON.parse(row.scopes),
    quota: JSON.parse(row.quota),
    createdAtMs: row.created_at_ms,
    expiresAtMs: row.expires_at_ms,
    revokedAtMs: row.revoked_at_ms,
    lastUsedAtMs: row.last_used_at_ms,
  })
}
