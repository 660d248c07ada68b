import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { VulcanUnderTest } from './vulcan.ts'

/** Writes the files of a program, given by their paths, and returns the directory that holds them. */
export async function writeProgram(
  vulcan: VulcanUnderTest,
  files: Readonly<Record<string, string>>,
): Promise<string> {
  const directory = join(vulcan.runDir, 'program')
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(directory, path)), { recursive: true })
    await writeFile(join(directory, path), content)
  }
  return directory
}
