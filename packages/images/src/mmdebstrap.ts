import { access } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { BuildToolMissingError } from './errors.ts'
import { requireFreeSpace } from './free-space.ts'
import { createMappedTemporary } from './mapped-temporary.ts'
import { findProgram, runProgram } from './run-program.ts'

// Debian 13 has renamed it.
const KEYRINGS = [
  '/usr/share/keyrings/debian-archive-keyring.gpg',
  '/usr/share/keyrings/debian-archive-keyring.pgp',
]

export interface MmdebstrapRun {
  readonly suite: string
  /** `extract`: packages are unpacked, nothing of them is executed. `essential`: a small Debian. */
  readonly variant: 'extract' | 'essential'
  readonly packages: readonly string[]
  /** `--extract-hook=…` and `--customize-hook=…`; paths of the host relative to `directory`. */
  readonly hooks: readonly string[]
  /** Where the program runs. */
  readonly directory: string
  /** Space that the tree takes while it is made. */
  readonly neededBytes: number
  readonly deadlineMs: number
  readonly signal?: AbortSignal | undefined
  readonly report: (detail: string) => void
}

/**
 * Makes a Debian root, of which only what the hooks take out is kept: in a mount namespace as root,
 * in a user namespace as anybody else (who needs a range of ids in /etc/subuid and /etc/subgid).
 *
 * Throws `build_tool_missing`, `build_program_failed`, `no_space`, or the signal's reason.
 */
export async function runMmdebstrap(run: MmdebstrapRun): Promise<void> {
  if (process.geteuid?.() === 0) return runAsRoot(run)
  await findProgram('newuidmap', 'uidmap')
  await requireFreeSpace(tmpdir(), run.neededBytes)
  await using temporary = await createMappedTemporary(run.report)
  await start(run, 'unshare', { TMPDIR: temporary.path })
}

/**
 * As root mmdebstrap mounts /proc, /sys and /dev/shm into the tree where everybody sees them, and
 * leaves them there when it is killed; so it gets a mount namespace, and a pid namespace that ends
 * with `unshare`. What it leaves is then a plain directory, inside the one of the build.
 */
function runAsRoot(run: MmdebstrapRun): Promise<void> {
  const namespaces = ['--mount', '--propagation=private', '--pid', '--mount-proc']
  const via = ['unshare', ...namespaces, '--fork', '--kill-child']
  return start(run, 'root', { TMPDIR: run.directory }, via)
}

async function start(
  run: MmdebstrapRun,
  mode: 'root' | 'unshare',
  env: Readonly<Record<string, string>>,
  via: readonly string[] = [],
): Promise<void> {
  await runProgram({
    program: 'mmdebstrap',
    aptPackage: 'mmdebstrap',
    via,
    args: [
      `--mode=${mode}`,
      `--variant=${run.variant}`,
      '--architectures=amd64',
      // The hooks leave nothing to clean, nor what the cleaning needs.
      '--skip=cleanup',
      // Hosts other than Debian do not trust Debian's keys by themselves.
      `--keyring=${await findKeyring()}`,
      `--include=${run.packages.join(',')}`,
      ...run.hooks,
      run.suite,
      '/dev/null',
    ],
    cwd: run.directory,
    env,
    deadlineMs: run.deadlineMs,
    signal: run.signal,
    onLine: (line) => {
      // Hooks are announced with their whole text; they speak for themselves.
      if (line.startsWith('I: ') && !line.startsWith('I: running --')) {
        run.report(line.slice('I: '.length))
      }
    },
  })
}

async function findKeyring(): Promise<string> {
  for (const path of KEYRINGS) {
    const found = await access(path).then(
      () => true,
      () => false,
    )
    if (found) return path
  }
  throw new BuildToolMissingError('the keys of the Debian archive', 'debian-archive-keyring')
}
