import { mkdir, realpath } from 'node:fs/promises'
import { basename, dirname, isAbsolute, join, normalize } from 'node:path'
import { JailError, jailErrorFrom } from './errors.ts'

export interface JailSettings {
  /** The directory of all jails (`--chroot-base-dir`), which exists and is only the caller's. */
  readonly baseDir: string
  /** Firecracker; the jailer copies it. Its name is a part of the jail's path. */
  readonly execFile: string
  /** 1 to 64 letters, digits and `-`; never used before in this directory. */
  readonly id: string
  /** Of this one VM: two VMMs with one user could reach into each other's jail. Never root's. */
  readonly uid: number
  readonly gid: number
}

/** Where a jail is: paths of the host, all links followed. Nothing of it need exist. */
export interface Jail extends JailSettings {
  /** The jail's own directory, which stays the caller's. */
  readonly path: string
  /** What the VMM sees as `/`. Given to the VMM's user by the jailer: what is in it may change then. */
  readonly rootPath: string
}

/**
 * Says where the jailer will make a jail: `<baseDir>/<name of execFile>/<id>/root`. Throws
 * `JailError` `jail_invalid` for what the jailer would refuse, or `jail_base_unusable`.
 */
export async function locateJail(settings: JailSettings): Promise<Jail> {
  const { id, uid, gid } = settings
  if (!/^[A-Za-z0-9-]{1,64}$/.test(id)) {
    throw new JailError('jail_invalid', id, 'an id has 1 to 64 letters, digits and "-"')
  }
  if (uid < 1 || gid < 1) {
    throw new JailError('jail_invalid', id, 'its user and group must not be those of root')
  }
  const execFile = await realpath(settings.execFile).catch((cause: unknown) => {
    throw jailErrorFrom('jail_invalid', settings.execFile, cause)
  })
  const baseDir = await realpath(settings.baseDir).catch((cause: unknown) => {
    throw jailErrorFrom('jail_base_unusable', settings.baseDir, cause)
  })
  const path = join(baseDir, basename(execFile), id)
  return { baseDir, execFile, id, uid, gid, path, rootPath: join(path, 'root') }
}

/**
 * Makes a jail's directories, in which files can be placed until its VMM is started. Throws
 * `JailError` `jail_invalid` where the id was used before, or `jail_base_unusable`.
 */
export async function makeJail(jail: Jail): Promise<void> {
  try {
    await mkdir(dirname(jail.path), { recursive: true, mode: 0o700 })
  } catch (cause) {
    throw jailErrorFrom('jail_base_unusable', jail.baseDir, cause)
  }
  try {
    await mkdir(jail.path, { mode: 0o700 })
    await mkdir(jail.rootPath, { mode: 0o700 })
  } catch (cause) {
    throw jailErrorFrom('jail_invalid', jail.path, cause)
  }
}

/**
 * The host's path of what the VMM calls `inside`. Only for what nobody but the host has touched: a
 * VMM that runs can put links there (see `openInJail` and `pinSocket`).
 */
export function hostPath(jail: Jail, inside: string): string {
  if (!isAbsolute(inside) || normalize(inside) !== inside) {
    throw new JailError('jail_invalid', inside, 'a path in a jail is absolute and plain')
  }
  return join(jail.rootPath, inside)
}
