import { glob, readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { examine, examineNetwork } from '@vulcan/host'
import { OUTCOMES, PROBLEMS } from '@vulcan/schema'

const ROOT = resolve(import.meta.dirname, '../..')
/** What stands between `VulcanError<` and `>` where an error is declared. */
const DECLARATION = /extends VulcanError<\s*([^>]+?)\s*>/g
const LITERAL = /'([a-z0-9_]+)'/g
/** Types whose words are those of a table that has a section of its own. */
const OF_TABLES: Readonly<Record<string, readonly string[]>> = {
  ProblemCode: Object.keys(PROBLEMS),
  FailureReason: Object.keys(OUTCOMES),
}

/** The codes of all errors that the packages declare, but for those of the tables of outcomes and problems. */
export async function declaredErrorCodes(): Promise<Set<string>> {
  const codes = new Set<string>()
  const tables = new Set(Object.values(OF_TABLES).flat())
  for (const text of await sources()) {
    for (const [, words = ''] of text.matchAll(DECLARATION)) {
      for (const code of codesOf(words, text)) if (!tables.has(code)) codes.add(code)
    }
  }
  return codes
}

/** The words of a union; a name in it is a type of the same file. Throws where that is not so. */
function codesOf(words: string, text: string): string[] {
  return words.split('|').flatMap((part) => {
    const word = part.trim()
    if (word === '') return []
    if (word.startsWith("'")) return [word.slice(1, -1)]
    const known = OF_TABLES[word]
    if (known !== undefined) return known
    const type = new RegExp(`type ${word} =([^]*?)\\n\\n`).exec(text)?.[1]
    if (type === undefined) throw new Error(`the codes of ${word} are not in the file of its error`)
    return [...type.matchAll(LITERAL)].map(([, code = '']) => code)
  })
}

async function sources(): Promise<string[]> {
  const found = await Array.fromAsync(glob('packages/*/src/**/*.ts', { cwd: ROOT }))
  return Promise.all(found.map((file) => readFile(resolve(ROOT, file), 'utf8')))
}

/**
 * The codes of all checks of `vulcan doctor` and `vulcan network doctor`. In places where nothing can be
 * made they boot no VM and make no network, but are named all the same.
 */
export async function doctorCodes(): Promise<Set<string>> {
  const nowhere = '/proc/nowhere'
  const env = { VULCAN_HOME: nowhere, VULCAN_RUN: nowhere, VULCAN_LIBEXEC: nowhere }
  const noNetwork = { ...env, VULCAN_FC_CNI_BIN_DIR: nowhere, VULCAN_FC_CNI_CONFIG_DIR: nowhere }
  const signal = AbortSignal.timeout(60_000)
  const codes = new Set<string>()
  for await (const { code } of examine(env, signal)) codes.add(code)
  for await (const { code } of examineNetwork(noNetwork, signal)) codes.add(code)
  return codes
}
