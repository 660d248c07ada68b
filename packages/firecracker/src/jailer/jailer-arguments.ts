import type { Jail } from './jail.ts'

/** What the jailer does beside the jail itself; what is absent it does not do. */
export interface JailerOptions {
  /** The network namespace to enter, such as `/run/netns/vm-1`. */
  readonly netnsPath?: string
  /** The largest file that the VMM may write, in bytes. */
  readonly fileSizeBytesMax?: number
  /** The jailer's own default is 2048. */
  readonly openFilesMax?: number
  readonly cgroup?: JailerCgroup
}

/**
 * A cgroup that the jailer makes: `<hierarchy>/<parent>/<id>`, which the caller removes. Whoever wants
 * it to exist before the jailer, as this library's `makeCgroup` does, leaves it out.
 */
export interface JailerCgroup {
  readonly version: 1 | 2
  /** Relative to the hierarchy's root, without `.` and `..`. */
  readonly parent: string
  /** What is written into its files, such as `pids.max`. */
  readonly values: Readonly<Record<string, string>>
}

/**
 * The jailer's command line up to the `--` that Firecracker's own arguments follow.
 *
 * Neither `--daemonize` nor `--new-pid-ns` is there: without them the jailer becomes Firecracker in
 * place, and pid and exit code are Firecracker's. Nor is anything that takes its seccomp filters away.
 */
export function jailerArguments(jail: Jail, options: JailerOptions = {}): string[] {
  const { netnsPath, fileSizeBytesMax, openFilesMax, cgroup } = options
  return [
    ...['--id', jail.id, '--exec-file', jail.execFile, '--chroot-base-dir', jail.baseDir],
    ...['--uid', String(jail.uid), '--gid', String(jail.gid)],
    ...(netnsPath === undefined ? [] : ['--netns', netnsPath]),
    ...(fileSizeBytesMax === undefined ? [] : ['--resource-limit', `fsize=${fileSizeBytesMax}`]),
    ...(openFilesMax === undefined ? [] : ['--resource-limit', `no-file=${openFilesMax}`]),
    ...(cgroup === undefined ? [] : cgroupArguments(cgroup)),
    '--',
  ]
}

function cgroupArguments({ version, parent, values }: JailerCgroup): string[] {
  return [
    ...['--cgroup-version', String(version), '--parent-cgroup', parent],
    ...Object.entries(values).flatMap(([file, value]) => ['--cgroup', `${file}=${value}`]),
  ]
}
