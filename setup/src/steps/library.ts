import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { buildLibrary } from '../build-library.ts'
import { exists } from '../exists.ts'
import { hashInputs } from '../hash-inputs.ts'
import { cloneDir, distDir } from '../places.ts'
import { runCommand } from '../run-command.ts'
import type { Step } from '../step.ts'

/** The archive that npm installs `@vulcan/firecracker` from. */
const ARCHIVE = 'vulcan-firecracker.tgz'

/** `@vulcan/firecracker` for others, as an archive that npm installs without our workspace. */
export async function library(): Promise<Step> {
  const stamp = join(distDir, 'library-made-from')
  const archive = join(distDir, ARCHIVE)
  const inputs = await hashInputs({
    root: cloneDir,
    files: [
      'packages/{firecracker,schema}/{src,testing,examples}/**/*.ts',
      'packages/firecracker/{package.json,README.md}',
      'setup/src/build-library.ts',
      'package-lock.json',
    ],
  })
  return {
    name: 'library',
    estimate: { downloadMib: 0, diskMib: 1, seconds: 4 },
    async isDone() {
      const madeFrom = await readFile(stamp, 'utf8').catch(() => undefined)
      return madeFrom === inputs && (await exists(archive))
    },
    async run({ signal }) {
      await rm(stamp, { force: true })
      const staging = join(distDir, 'library')
      await buildLibrary(join(staging, 'package'), (program, args) => {
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
