import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { buildLibrary } from '../build-library.ts'
import { exists } from '../exists.ts'
import { hashInputs } from '../hash-inputs.ts'
import { archiveOf, LIBRARIES, type Library } from '../libraries.ts'
import { cloneDir, distDir } from '../places.ts'
import { runCommand } from '../run-command.ts'
import type { Step } from '../step.ts'

/** Our packages for others, as archives that npm installs without our workspace. */
export function libraries(): Promise<Step[]> {
  return Promise.all(LIBRARIES.map(libraryStep))
}

async function libraryStep(library: Library): Promise<Step> {
  const { name } = library
  const stamp = join(distDir, `${name}-made-from`)
  const archive = join(distDir, archiveOf(library))
  const inputs = await hashInputs({
    root: cloneDir,
    files: [
      `packages/{${name},schema}/{src,testing,examples}/**/*.ts`,
      `packages/${name}/{package.json,README.md}`,
      'setup/src/{build-library,libraries}.ts',
      'package-lock.json',
    ],
  })
  return {
    name: `library @vulcan/${name}`,
    estimate: { downloadMib: 0, diskMib: 1, seconds: 4 },
    async isDone() {
      const madeFrom = await readFile(stamp, 'utf8').catch(() => undefined)
      return madeFrom === inputs && (await exists(archive))
    },
    async run({ signal }) {
      await rm(stamp, { force: true })
      const staging = join(distDir, `library-${name}`)
      await buildLibrary(library, join(staging, 'package'), (program, args) => {
        return runCommand(program, args, { signal })
      })
      // The same sources make the same bytes.
      const same = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner']
      await runCommand('tar', [...same, '-czf', archive, '-C', staging, 'package'], { signal })
      await rm(staging, { recursive: true })
      await writeFile(stamp, inputs)
    },
  }
}
