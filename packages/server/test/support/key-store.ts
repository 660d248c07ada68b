import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { KeyStore } from '@vulcan/server'
import { temporaryDirectory } from './temporary-directory.ts'

/** An empty store of keys that goes with the test. */
export async function emptyKeyStore(t: TestContext): Promise<KeyStore> {
  const keys = await KeyStore.open(join(await temporaryDirectory(t), 'keys.db'))
  t.after(() => keys[Symbol.dispose]())
  return keys
}
