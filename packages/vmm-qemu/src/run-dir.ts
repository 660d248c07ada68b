import { lstat, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { RunDirError } from './errors.ts'

/** What vulcan-vmm keeps in the runtime directory; all machines share it, and it stays. */
export interface RunDir {
  readonly path: string
  /** An empty directory: every jail mounts its own root over it, in a namespace of its own. */
  readonly emptyDir: string
}

type Environment = Readonly<Record<string, string | undefined>>

/**
 * The runtime directory, made if it is missing: `VULCAN_RUN`, else what is usual for root and for
 * other users. Throws `RunDirError` (`run_dir_unusable`) where somebody else could write in it.
 */
export async function openRunDir(env: Environment): Promise<RunDir> {
  const path = env['VULCAN_RUN'] ?? defaultPath(env)
  const emptyDir = join(path, 'empty')
  try {
    await mkdir(emptyDir, { recursive: true, mode: 0o700 })
  } catch (cause) {
    throw new RunDirError(path, String(cause), { cause })
  }
  const { uid, mode } = await lstat(path)
  if (uid !== process.getuid?.() || (mode & 0o022) !== 0) {
    throw new RunDirError(path, 'others own it or can write in it')
  }
  return { path, emptyDir }
}

function defaultPath(env: Environment): string {
  const uid = process.getuid?.()
  return uid === 0 ? '/run/vulcan' : join(env['XDG_RUNTIME_DIR'] || `/tmp/user-${uid}`, 'vulcan')
}
