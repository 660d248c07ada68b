import { mkdir, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import { replaceLink } from '../replace-link.ts'
import type { Step } from '../step.ts'

/** Links in a directory of this clone, by name, to where things are. */
export function links(
  name: string,
  directory: string,
  targets: Readonly<Record<string, string>>,
): Step {
  const wanted = Object.entries(targets)
  return {
    name,
    estimate: { downloadMib: 0, diskMib: 0, seconds: 0 },
    async isDone() {
      const found = await Promise.all(
        wanted.map(([name]) => readlink(join(directory, name)).catch(() => undefined)),
      )
      return wanted.every(([, target], index) => found[index] === target)
    },
    async run() {
      await mkdir(directory, { recursive: true })
      for (const [name, target] of wanted) {
        await replaceLink(join(directory, name), target)
      }
    },
  }
}
