/** A runtime's root file system: a small Debian, and what the runtime adds to it. */
export interface RootfsRecipe {
  /** Names the image, the link to it, and the runtime of a workload. */
  readonly runtime: string
  readonly suite: string
  /** Debian packages besides the essential ones; what they depend on comes by itself. */
  readonly packages: readonly string[]
  /**
   * Shell, run on the host as root (of a user namespace, perhaps) with the new root in `$root`,
   * before everything superfluous is removed. Programs of the image: `chroot "$root" …`.
   */
  readonly customize: string
  /** What to show of the image: name → command in the image that prints the version alone. */
  readonly versions: Readonly<Record<string, string>>
}
