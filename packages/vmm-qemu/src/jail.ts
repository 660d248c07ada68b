import { Fault } from '@vulcan/firecracker/api'
import type { Identity } from './command-line.ts'
import type { Tap } from './network-arguments.ts'

/** What one program may see and be. */
export interface Jail {
  /** An empty directory, over which the jail's root is mounted. */
  readonly emptyDir: string
  readonly binds: readonly Bind[]
  /** Undefined: as the caller, who is not root. */
  readonly identity: Identity | undefined
  /** Supplementary groups; only with an identity. */
  readonly groups?: readonly number[]
  readonly openFilesMax: number
  /** Of this process's network namespace; the program, which is in an empty one, has them open. */
  readonly taps?: readonly Tap[]
}

/** `target` is the path inside; without `access` it can only be read. */
export interface Bind {
  readonly source: string
  readonly target: string
  readonly access?: 'rw' | 'dev'
}

/** Threads count as processes; an emulator with 32 vCPUs and its I/O threads has about 100. */
const PROCESSES_MAX = 256

/**
 * The arguments of vulcan-launch that start `program` (a path inside) in the jail: its own mount
 * namespace with only the binds, an empty network namespace, no privileges, and no life beyond the
 * process `parentPid`. Throws `Fault` for a path that vulcan-launch cannot take.
 */
export function launchArguments(
  jail: Jail,
  parentPid: number,
  program: string,
  args: readonly string[],
): string[] {
  return [
    'exec',
    `--die-with-parent=${parentPid}`,
    '--new-netns',
    ...(jail.taps ?? []).flatMap(({ name, fd }) => ['--tap', `${name}:${fd}`]),
    ...['--root', jail.emptyDir],
    ...jail.binds.flatMap((bind) => ['--bind', bindArgument(bind)]),
    ...['--rlimit', 'core=0', '--rlimit', `nofile=${jail.openFilesMax}`],
    ...identityArguments(jail),
    ...['--', program, ...args],
  ]
}

function bindArgument({ source, target, access }: Bind): string {
  if (source.includes(':') || target.includes(':')) {
    throw new Fault(`a path with a colon cannot be used: ${source}`)
  }
  return access === undefined ? `${source}:${target}` : `${source}:${target}:${access}`
}

/** A user that runs other things, too, would be hindered by a limit on the number of processes. */
function identityArguments({ identity, groups = [] }: Jail): string[] {
  if (identity === undefined) return []
  return [
    ...['--uid', String(identity.uid), '--gid', String(identity.gid)],
    ...groups.flatMap((group) => ['--group', String(group)]),
    ...['--rlimit', `nproc=${PROCESSES_MAX}`],
  ]
}
