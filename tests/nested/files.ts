import { glob } from 'node:fs/promises'
import listed from './files.json' with { type: 'json' }

/** What is written before the path of a file, so that one of its runs can be picked. */
const [UNJAILED, JAILED] = ['without jailer: ', 'with jailer: ']

/** No file on the list has one of the wanted parts in its name. */
export class NoSuchFileError extends Error {}

/** Test files, relative to the clone, in order. */
export interface NestedFiles {
  /** Run as they are: without the jailer, unless they say otherwise themselves. */
  readonly unjailed: readonly string[]
  /** Those that start VMs as a user does, with `VULCAN_FC_JAILER` set for all of them. */
  readonly jailed: readonly string[]
}

/**
 * The test files of `files.json` whose names contain `only`, or one of several parts with commas
 * between them. A name is "with jailer: " or "without jailer: " and the path. What tests the HTTP side
 * is not on the list: below it is the backend that the others test. Throws `NoSuchFileError`.
 */
export async function nestedFiles(root: string, only: string): Promise<NestedFiles> {
  const unjailed = await found(root, listed.patterns)
  const jailed = await found(root, listed.jailed)
  const parts = only.split(',')
  const isChosen = (name: string) => parts.some((part) => name.includes(part))
  const chosen = {
    unjailed: unjailed.filter((file) => isChosen(UNJAILED + file)),
    jailed: jailed.filter((file) => isChosen(JAILED + file)),
  }
  if (chosen.unjailed.length + chosen.jailed.length > 0) return chosen
  const names = [...unjailed.map((file) => UNJAILED + file), ...jailed.map((file) => JAILED + file)]
  const lines = names.map((name) => `  ${name}\n`).join('')
  throw new NoSuchFileError(`test-nested: none of these contains "${only}":\n${lines}`)
}

/** Few enough that one is soon run again. */
const FILES_IN_PART = 4

/**
 * The names of the files in groups, each with one setting of the jailer. What fills an emulated machine
 * by itself has a group of its own: beside it nothing else would be done in its time.
 */
export function partsOf({ unjailed, jailed }: NestedFiles): string[][] {
  const isAlone = (file: string) => listed.alone.includes(file)
  const settings = [
    { prefix: UNJAILED, files: unjailed },
    { prefix: JAILED, files: jailed },
  ]
  return settings.flatMap(({ prefix, files }) => {
    const names = files.filter((file) => !isAlone(file)).map((file) => prefix + file)
    const groups = Array.from({ length: Math.ceil(names.length / FILES_IN_PART) }, (_, part) =>
      names.slice(part * FILES_IN_PART, (part + 1) * FILES_IN_PART),
    )
    return [...groups, ...files.filter(isAlone).map((file) => [prefix + file])]
  })
}

async function found(root: string, patterns: readonly string[]): Promise<string[]> {
  const { exclude } = listed
  return (await Array.fromAsync(glob(patterns, { cwd: root, exclude }))).sort()
}
