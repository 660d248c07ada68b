import { access, constants, realpath } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { ProgramMissingError } from './errors.ts'

/** Absolute paths of what vulcan-vmm starts. */
export interface Programs {
  readonly launch: string
  readonly vhostDeviceVsock: string
  /** Free of links: QEMU finds its own data relative to it. */
  readonly qemu: string
}

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Finds the programs: Vulcan's own in `VULCAN_LIBEXEC`, QEMU in `PATH`.
 * Throws `ProgramMissingError` (`program_missing`), which says how to get what is missing.
 */
export async function findPrograms(env: Environment): Promise<Programs> {
  const libexec = env['VULCAN_LIBEXEC'] ?? ''
  return {
    launch: await findOwn(libexec, 'vulcan-launch'),
    vhostDeviceVsock: await findOwn(libexec, 'vhost-device-vsock'),
    qemu: await findInPath(
      env['PATH'] ?? '',
      'qemu-system-x86_64',
      'install the package that has it (qemu-system-x86 on Debian and Ubuntu)',
    ),
  }
}

async function findOwn(libexec: string, name: string): Promise<string> {
  if (libexec === '') {
    throw new ProgramMissingError(name, 'VULCAN_LIBEXEC does not name the directory it is in')
  }
  const path = join(libexec, name)
  if (await isExecutable(path)) return realpath(path)
  throw new ProgramMissingError(path, 'set Vulcan up ("make demo" does), or correct VULCAN_LIBEXEC')
}

async function findInPath(searchPath: string, name: string, advice: string): Promise<string> {
  for (const directory of searchPath.split(delimiter)) {
    // An empty entry would mean the working directory, where anybody may have put a program.
    if (!directory.startsWith('/')) continue
    const path = join(directory, name)
    if (await isExecutable(path)) return realpath(path)
  }
  throw new ProgramMissingError(name, advice)
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
