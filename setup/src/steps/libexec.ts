import { mkdir, readlink, rename, rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { libexecDir } from '../places.ts'
import type { Step } from '../step.ts'

/** The directory of programs that Vulcan starts: by name, links to where they are. */
export function libexec(programs: Readonly<Record<string, string>>): Step {
  const links = Object.entries(programs)
  return {
    name: 'programs in dist/libexec',
    estimate: { downloadMib: 0, diskMib: 0, seconds: 0 },
    async isDone() {
      const targets = await Promise.all(
        links.map(([name]) => readlink(join(libexecDir, name)).catch(() => undefined)),
      )
      return links.every(([, target], index) => targets[index] === target)
    },
    async run() {
      await mkdir(libexecDir, { recursive: true })
      for (const [name, target] of links) {
        const link = join(libexecDir, name)
        // Renamed into place, since another process may be starting the program.
        await rm(`${link}.new`, { force: true })
        await symlink(target, `${link}.new`)
        await rename(`${link}.new`, link)
      }
    },
  }
}
