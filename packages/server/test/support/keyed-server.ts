import assert from 'node:assert/strict'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { KeyAuthenticator, KeyStore, type NewKey } from '@vulcan/server'
import { openServer, type ServerSetup } from './server-under-test.ts'
import { temporaryDirectory } from './temporary-directory.ts'

export interface KeyedSetup extends ServerSetup {
  /** The clock of rates; default: the real one. */
  readonly nowMs?: () => number
}

/** A server that asks for keys, which go with the test as it does. */
export async function openKeyedServer(t: TestContext, { nowMs, ...setup }: KeyedSetup = {}) {
  await using held = new AsyncDisposableStack()
  const keys = held.use(await KeyStore.open(join(await temporaryDirectory(t), 'keys.db')))
  const onProblem = (error: unknown) => assert.fail(String(error))
  const clock = nowMs === undefined ? {} : { nowMs }
  const authenticator = held.use(new KeyAuthenticator({ keys, onProblem, ...clock }))
  const api = held.use(await openServer({ ...setup, authenticator }))
  const all = held.move()
  t.after(() => all.disposeAsync())
  const keyFor = (...scopes: NewKey['scopes']) => keys.create({ scopes }).secretKey
  return { keys, api, keyFor }
}

/** The header that shows a key. */
export function bearer(secretKey: string) {
  return { authorization: `Bearer ${secretKey}` }
}
