import type { Source } from '../source.ts'

/** A runtime's root file system: a small Debian, and what the runtime adds to it. */
export interface RootfsRecipe {
  /** Names the image, the link to it, and the runtime of a workload. */
  readonly runtime: string
  readonly suite: string
  /** Debian packages besides the essential ones; what they depend on comes by itself. */
  readonly packages: readonly string[]
  /** What is newer than Debian's, for `customize` to take from `$root/tmp/source`. */
  readonly source?: Source
  /**
   * Shell, run on the host as root (of a user namespace, perhaps) with the new root in `$root`,
   * before everything superfluous is removed. Programs of the image: `chroot "$root" …`.
   */
  readonly customize: string
  /** A directory of the image whose files never count as old: they were changed in 2100. */
  readonly ageless?: string
  /** How the agent runs programs; it finds this in the image. */
  readonly program: ProgramRecipe
  /** What to show of the image: name → command in the image that prints the version alone. */
  readonly versions: Readonly<Record<string, string>>
}

/** How an entrypoint, a path in the working directory, becomes a running program. */
export interface ProgramRecipe {
  readonly defaultEntrypoint: string
  /**
   * Makes the program that `command` names, given the entrypoint as its last argument. What it says
   * reaches the user; with an exit code other than 0 it ends the run.
   */
  readonly build?: readonly string[]
  /** Absolute path and arguments. The entrypoint follows, unless it was built; then the user's. */
  readonly command: readonly string[]
  /** For the program; a workload may set these otherwise. */
  readonly env: Readonly<Record<string, string>>
  /** An interpreter that can wait for its program. */
  readonly warm?: WarmRecipe
  /**
   * What makes the first run quicker in a VM that waits for one: run to its end, unheard. It leaves
   * nothing that a program could see.
   */
  readonly prepare?: readonly string[]
  /**
   * A program that is run in a VM that waits for one, from its file to its end, unheard: the first
   * run of a system takes several times as long as the next.
   */
  readonly rehearsal?: string
  /** What else the agent says of a program, or its build, that failed: the first that fits. */
  readonly hints: readonly Hint[]
}

/**
 * An interpreter that is started before its program is known, and then becomes what it would be had
 * it been started with it: what is equal and what may differ, docs/warm-interpreters.md lists. How it
 * hears of its program, native/guest/src/workload/waiting.rs says.
 */
export interface WarmRecipe {
  /** Absolute path and arguments. */
  readonly command: readonly string[]
  /**
   * Variables that an interpreter reads at its start: a workload that sets one otherwise gets an
   * interpreter of its own. One that ends with `*` stands for all that begin like it.
   */
  readonly freshVariables: readonly string[]
}

/** Those that the C library and OpenSSL read, and HOME, where both languages look for packages. */
export const libraryVariables = [
  'GCONV_PATH',
  'GLIBC_TUNABLES',
  'HOME',
  'LANG',
  'LANGUAGE',
  'LC_*',
  'LD_*',
  'LOCPATH',
  'MALLOC_*',
  'NLSPATH',
  'OPENSSL_*',
  'SSL_*',
  'TZ',
  'TZDIR',
] as const

/** A sentence for who ran a program that failed with some text near the end of its stderr. */
export interface Hint {
  /** Any of these; one that begins with a line feed must begin a line. */
  readonly texts: readonly string[]
  readonly words: string
}

/**
 * What to say when an import was not found, which is a package or a file of the user's own: nobody
 * can tell. `vendoring` says how packages come into a directory.
 */
export function missingImport(texts: readonly string[], vendoring: string): Hint {
  const words = `an import was not found, and nothing is downloaded in a VM: run a directory or archive that holds all the program imports, its own files and packages; ${vendoring}`
  return { texts, words }
}

/** Where the image says how its programs are run. */
export const RUNTIME_FILE = 'usr/local/lib/vulcan/runtime.json'

/** The text of `RUNTIME_FILE`. */
export function runtimeFile({ runtime, program }: RootfsRecipe): string {
  const { defaultEntrypoint, build, command, env, warm, prepare, rehearsal, hints } = program
  return JSON.stringify({
    name: runtime,
    default_entrypoint: defaultEntrypoint,
    build,
    command,
    env,
    warm: warm && { command: warm.command, fresh_variables: warm.freshVariables },
    prepare,
    rehearsal,
    hints,
  })
}
