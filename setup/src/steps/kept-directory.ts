import { join } from 'node:path'
import { buildDirectory } from '../build-directory.ts'
import { exists } from '../exists.ts'
import { distDir } from '../places.ts'
import type { Estimate, Step, StepContext } from '../step.ts'
import { links } from './links.ts'

export interface KeptDirectory {
  readonly name: string
  readonly estimate: Estimate
  /** VULCAN_HOME, whose `cache` keeps it. */
  readonly home: string
  /** How it is called there, before its hash, and in `dist`. */
  readonly link: string
  /** Of all that it is made from. */
  readonly hash: string
  /** Fills the directory, which is empty. */
  build(directory: string, context: StepContext): Promise<void>
}

/** A directory that is made once for each recipe, shared by clones, and found through `dist`. */
export function keptDirectory(kept: KeptDirectory): Step {
  const { name, estimate, home, link, hash, build } = kept
  const directory = join(home, 'cache', `${link}-${hash}`)
  const linked = links('the link to it', distDir, { [link]: directory })
  return {
    name,
    estimate,
    isDone: async () => (await exists(directory)) && (await linked.isDone()),
    async run(context) {
      if (!(await exists(directory))) {
        await buildDirectory(directory, (building) => build(building, context))
      }
      await linked.run(context)
    },
  }
}
