import { access, constants } from 'node:fs/promises'
import { join } from 'node:path'
import { NetworkError } from './errors.ts'

/** Where the host's own programs are looked up; CNI plugins get the same. */
export const PROGRAM_DIRS: readonly string[] = ['/usr/sbin', '/usr/bin', '/sbin', '/bin']

/** The programs of the host that slots need, and the Debian package of each. */
const PACKAGES = {
  ip: 'iproute2',
  tc: 'iproute2',
  nft: 'nftables',
  conntrack: 'conntrack',
  setpriv: 'util-linux',
  timeout: 'coreutils',
} as const

export type HostProgram = keyof typeof PACKAGES
export const HOST_PROGRAMS = Object.keys(PACKAGES) as readonly HostProgram[]

const found = new Map<HostProgram, string>()

/** The path of a program, looked up once. Throws `program_missing`. */
export async function hostProgram(name: HostProgram): Promise<string> {
  const path = found.get(name) ?? (await findExecutable(name, PROGRAM_DIRS))
  if (path === undefined) {
    const aptPackage = PACKAGES[name]
    throw new NetworkError(
      'program_missing',
      `networks need ${name}, which is not on this machine: "apt install ${aptPackage}"`,
      { step: name },
    )
  }
  found.set(name, path)
  return path
}

/** The first executable file of that name in the directories. */
export async function findExecutable(
  name: string,
  directories: readonly string[],
): Promise<string | undefined> {
  for (const directory of directories) {
    const path = join(directory, name)
    const executable = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    )
    if (executable) return path
  }
  return undefined
}
