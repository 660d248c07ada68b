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
}

/** Where the image says how its programs are run. */
export const RUNTIME_FILE = 'usr/local/lib/vulcan/runtime.json'

/** The text of `RUNTIME_FILE`. */
export function runtimeFile({ runtime, program }: RootfsRecipe): string {
  const { defaultEntrypoint, build, command, env } = program
  return JSON.stringify({
    name: runtime,
    default_entrypoint: defaultEntrypoint,
    build,
    command,
    env,
  })
}
