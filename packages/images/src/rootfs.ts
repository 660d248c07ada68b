import { readFile, rename } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Artefact } from './artefact.ts'
import { rootfsFilename, rootfsLink } from './home-layout.ts'
import { runMmdebstrap } from './mmdebstrap.ts'
import type { RootfsRecipe } from './recipes/rootfs-recipe.ts'
import { rootfsScript, SCRIPT_OUTPUT } from './rootfs-script.ts'
import { findProgram } from './run-program.ts'
import { fetchSource } from './source.ts'

const DEADLINE_MS = 30 * 60_000
/** The packages, the source, the tree and the image twice, all at once. */
const NEEDED_BYTES = 2048 * 1024 * 1024

/** The root file system of a runtime, and the list of the Debian packages in it. */
export function rootfsArtefact(recipe: RootfsRecipe): Artefact {
  const script = rootfsScript(recipe)
  const image = rootfsFilename(recipe.runtime)
  return {
    name: recipe.runtime,
    kind: 'rootfs',
    recipe: {
      suite: recipe.suite,
      packages: recipe.packages,
      source: recipe.source,
      versions: recipe.versions,
      script,
    },
    neededBytes: NEEDED_BYTES,
    links: { [rootfsLink(recipe.runtime)]: image },
    async build({ output, work }, context) {
      await findProgram('mke2fs', 'e2fsprogs')
      if (recipe.source) {
        const directories = { directory: join(work, 'source'), work: join(work, 'fetching') }
        await fetchSource(recipe.source, directories, context)
      }
      await runMmdebstrap({
        suite: recipe.suite,
        variant: 'essential',
        packages: recipe.packages,
        hooks: [
          ...(recipe.source ? ['--customize-hook=copy-in source /tmp'] : []),
          `--customize-hook=${script}`,
          ...Object.values(SCRIPT_OUTPUT).map(
            (path) => `--customize-hook=download /${path} ${basename(path)}`,
          ),
        ],
        directory: work,
        neededBytes: NEEDED_BYTES,
        deadlineMs: DEADLINE_MS,
        ...context,
      })
      await rename(join(work, basename(SCRIPT_OUTPUT.image)), join(output, image))
      await rename(join(work, basename(SCRIPT_OUTPUT.packages)), join(output, 'packages.txt'))
      return readVersions(recipe, join(work, basename(SCRIPT_OUTPUT.versions)))
    },
  }
}

async function readVersions(recipe: RootfsRecipe, path: string): Promise<Record<string, string>> {
  const lines = (await readFile(path, 'utf8')).trim().split('\n')
  return Object.fromEntries(Object.keys(recipe.versions).map((name, i) => [name, lines[i] ?? '']))
}
