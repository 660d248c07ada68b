import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, rm, stat } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { VulcanError } from '@vulcan/schema'
import { HOLDING_KINDS, holdingsDir } from './holding.ts'
import { type Layout, launchPath, lockPath, ownersDir } from './layout.ts'
import { prepareLeases } from './lease.ts'
import { makeUsable } from './usable-directory.ts'

/** What `vulcan-launch hold` exits with when somebody else holds the lock (EX_TEMPFAIL, sysexits.h). */
const EXIT_HELD_BY_ANOTHER = 75

/** Another process's recovery may take a lock in the moment between its creation and our `flock`. */
const NEW_LOCK_ATTEMPTS = 5

export class OwnerError extends VulcanError<
  'run_dir_unsafe' | 'lock_failed' | 'launcher_missing'
> {}

/**
 * A lock that lives exactly as long as this process, SIGKILL included: a helper holds the `flock`
 * while its pipe to us is open.
 */
export interface OwnerLock extends AsyncDisposable {
  readonly ownerId: string
}

/** Makes this process an owner of VMs. Throws `OwnerError` and `DirectoryError`. */
export async function becomeOwner(layout: Layout): Promise<OwnerLock> {
  await prepareRunDir(layout)
  for (let attempt = 0; attempt < NEW_LOCK_ATTEMPTS; attempt += 1) {
    const lock = await holdLock(layout, randomBytes(5).toString('hex'))
    if (lock !== undefined) return lock
  }
  throw new OwnerError('lock_failed', `no new lock in ${ownersDir(layout)} could be held`)
}

/**
 * Takes the lock of an owner; undefined when that owner lives. To hold the lock of another is the
 * proof that it is dead.
 */
export async function holdLock(layout: Layout, ownerId: string): Promise<OwnerLock | undefined> {
  const path = lockPath(layout, ownerId)
  const holder = spawn(launchPath(layout), ['hold', path], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: {},
  })
  const words = text(holder.stderr)
  const held = once(holder.stdout, 'data')
  const ended = once(holder, 'close')
  // Whichever comes second has no listener any more; its rejection says nothing new.
  held.catch(() => undefined)
  ended.catch(() => undefined)
  const exit = await Promise.race([held.then(() => undefined), ended]).catch((cause: unknown) => {
    throw new OwnerError(
      'launcher_missing',
      `${launchPath(layout)} cannot be started (${String(cause)}): set Vulcan up ("make demo" does), or correct VULCAN_LIBEXEC`,
      { cause },
    )
  })
  if (exit === undefined) {
    return { ownerId, [Symbol.asyncDispose]: () => dropLock(holder, path) }
  }
  if (exit[0] === EXIT_HELD_BY_ANOTHER) return undefined
  throw new OwnerError('lock_failed', `${path} could not be locked: ${(await words).trim()}`)
}

/** The file goes first: a lock that can be taken must not look like one of a living owner. */
async function dropLock(holder: ChildProcess, path: string): Promise<void> {
  await rm(path, { force: true })
  if (holder.exitCode !== null || holder.signalCode !== null) return
  const ended = once(holder, 'close')
  holder.stdin?.end()
  await ended
}

/** Makes the run directory where there is none. Throws `DirectoryError` and `OwnerError`. */
export async function prepareRunDir(layout: Layout): Promise<void> {
  await makeUsable(layout.runDir, 'VULCAN_RUN', 0o700)
  const { uid, mode } = await stat(layout.runDir)
  if (uid !== process.getuid?.() || (mode & 0o077) !== 0) {
    throw new OwnerError(
      'run_dir_unsafe',
      `${layout.runDir} must belong to the user of this process and have mode 0700, since it holds sockets that command VMs: "chmod 700" it, or set VULCAN_RUN to another directory`,
    )
  }
  const kinds = HOLDING_KINDS.map((kind) => holdingsDir(layout, kind))
  for (const dir of [ownersDir(layout), ...kinds]) {
    await mkdir(dir, { recursive: true, mode: 0o700 })
  }
  await prepareLeases(layout)
}
