import { makeUsable } from '@vulcan/backend-firecracker'
import type { Env } from '@vulcan/schema'
import type { KeyRecord, KeyStore, NewKey } from '@vulcan/server'
import { keysPath } from './keys-path.ts'
import { findHome } from './places.ts'

/** A server that runs sees each change at its next request. */
async function openHostKeys(env: Env): Promise<KeyStore> {
  const homeDir = findHome(env, process.getuid?.() === 0)
  await makeUsable(homeDir, 'VULCAN_HOME', 0o755)
  // Most commands have nothing to do with a server.
  const { KeyStore } = await import('@vulcan/server')
  return KeyStore.open(keysPath({ homeDir }))
}

/** Throws `KeyError` `key_invalid` or `key_limit`, `ConfigError`, `DirectoryError` or `StoreError`. */
export async function createHostKey(
  env: Env,
  request: NewKey,
): Promise<{ readonly secretKey: string; readonly record: KeyRecord }> {
  using keys = await openHostKeys(env)
  return keys.create(request)
}

/**
 * All keys, the oldest first; those that were revoked, too. Throws `ConfigError`, `DirectoryError` or
 * `StoreError`.
 */
export async function listHostKeys(env: Env): Promise<readonly KeyRecord[]> {
  using keys = await openHostKeys(env)
  return keys.list()
}

/**
 * Named by id, prefix or the whole key. Throws `KeyError` `key_unknown`, `ConfigError`, `DirectoryError`
 * or `StoreError`.
 */
export async function revokeHostKey(
  env: Env,
  named: string,
): Promise<{ readonly isNew: boolean; readonly record: KeyRecord }> {
  using keys = await openHostKeys(env)
  return keys.revoke(named)
}
