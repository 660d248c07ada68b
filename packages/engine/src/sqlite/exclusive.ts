import { StoreError } from '../errors.ts'
import { makePrivate } from './open-database.ts'

/** SQLITE_BUSY: another one has it. */
const SQLITE_BUSY = 5

/**
 * Keeps other processes from serving the same store: two engines would run each workload twice. The
 * lock is the kernel's, on an empty database beside ours, and goes with the process; ours stays
 * readable for a backup.
 *
 * Throws `StoreError` `store_in_use`.
 */
export async function holdExclusively(path: string): Promise<Disposable> {
  const lockPath = `${path}-lock`
  await makePrivate(lockPath)
  const { DatabaseSync } = await import('node:sqlite')
  const database = new DatabaseSync(lockPath)
  try {
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
  } catch (cause) {
    database.close()
    if (!(cause instanceof Error && 'errcode' in cause && cause.errcode === SQLITE_BUSY))
      throw cause
    throw new StoreError('store_in_use', `${path} is in use by another Vulcan process`, { cause })
  }
  return { [Symbol.dispose]: () => database.close() }
}
