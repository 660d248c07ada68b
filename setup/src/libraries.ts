/** A package of ours that others install. */
export interface Library {
  /** Its directory below `packages`, and its name after `@vulcan/`. */
  readonly name: string
  readonly description: string
  /** Entry points: `index` is the package itself, every other one a path below it. */
  readonly sources: Readonly<Record<string, string>>
  /** `neutral` has nothing of Node, and runs in browsers. */
  readonly platform: 'node' | 'neutral'
  /** The oldest JavaScript that runs it, in esbuild's words. */
  readonly target: string
  readonly engines: Readonly<Record<string, string>>
  readonly os?: readonly string[]
}

export const LIBRARIES: readonly Library[] = [
  {
    name: 'firecracker',
    description: 'Firecracker from TypeScript: the whole API, machines, vsock, snapshots, a fake',
    sources: { index: 'src/index.ts', api: 'src/api.ts', testing: 'testing/index.ts' },
    platform: 'node',
    target: 'node26',
    engines: { node: '>=26' },
    os: ['linux'],
  },
  {
    name: 'client',
    description: 'Runs code that nobody trusts on a Vulcan server: run, follow, list and kill',
    sources: { index: 'src/index.ts' },
    platform: 'neutral',
    target: 'es2022',
    engines: { node: '>=22' },
  },
]

/** The archive that npm installs a library from, in `dist`. */
export function archiveOf({ name }: Library): string {
  return `vulcan-${name}.tgz`
}
