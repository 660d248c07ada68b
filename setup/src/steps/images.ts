import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { buildImages } from '@vulcan/images'
import { exists } from '../exists.ts'
import { hashInputs } from '../hash-inputs.ts'
import { cloneDir } from '../places.ts'
import type { Step } from '../step.ts'

const LINKS = ['vmlinux', 'initrd', 'rootfs/python.ext4', 'rootfs/node.ext4', 'rootfs/go.ext4']

/**
 * Kernel, initrd and the images of the runtimes, in the store of VULCAN_HOME. `@vulcan/images` knows
 * which of them are current; this remembers from which sources and agent they were last asked for.
 */
export async function images(home: string, guestPath: string): Promise<Step> {
  const stamp = join(home, 'cache/images-made-from')
  const inputs = await hashInputs({
    root: cloneDir,
    files: ['packages/images/src/**/*'],
    words: [guestPath],
  })
  return {
    name: 'kernel, initrd and images',
    estimate: { downloadMib: 400, diskMib: 750, seconds: 200 },
    async isDone() {
      const madeFrom = await readFile(stamp, 'utf8').catch(() => undefined)
      const links = await Promise.all(LINKS.map((link) => exists(join(home, link))))
      return madeFrom === inputs && links.every(Boolean)
    },
    async run({ signal, report }) {
      await rm(stamp, { force: true })
      await buildImages({
        home,
        guestPath,
        signal,
        onProgress: ({ step, detail }) => report(`${step}: ${detail}`),
      })
      await mkdir(join(home, 'cache'), { recursive: true })
      await writeFile(stamp, inputs)
    },
  }
}
