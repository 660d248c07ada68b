import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { before, test } from 'node:test'
import { OUTCOMES, PROBLEMS } from '@vulcan/schema'
import { declaredErrorCodes, doctorCodes } from './error-codes.ts'

const DOCUMENT = resolve(import.meta.dirname, '../../docs/troubleshooting.md')
/** Those of sections that list what is declared as errors; the others have tables of their own. */
const REASONS = 'Why a workload ended'
const PROBLEM_CODES = 'What HTTP refuses'
const CHECKS = 'What doctor finds'

/** The codes of each section's table, by the section's name. */
let sections: Map<string, string[]>

before(async () => {
  const [, ...parts] = (await readFile(DOCUMENT, 'utf8')).split(/^## /m)
  sections = new Map(
    parts.map((part) => {
      const rows = [...part.matchAll(/^\| `([a-z0-9_]+)` \| [^|]+ \| [^|]+ \|$/gm)]
      return [part.slice(0, part.indexOf('\n')), rows.map(([, code = '']) => code)]
    }),
  )
})

function assertSame(documented: readonly string[], known: Iterable<string>) {
  assert.deepEqual([...documented].sort(), [...known].sort())
}

test('every reason of a workload has its entry, and every entry is a reason', () => {
  assertSame(sections.get(REASONS) ?? [], Object.keys(OUTCOMES))
})

test('every code of the HTTP API has its entry, and every entry is a code', () => {
  assertSame(sections.get(PROBLEM_CODES) ?? [], Object.keys(PROBLEMS))
})

test('every check of doctor has its entry, and every entry is a check', async () => {
  assertSame(sections.get(CHECKS) ?? [], await doctorCodes())
})

test('every code that an error is declared with has its entry, and every entry is declared', async () => {
  const ofTables = [REASONS, PROBLEM_CODES, CHECKS]
  const documented = [...sections].flatMap(([name, codes]) => {
    return ofTables.includes(name) ? [] : codes
  })
  assertSame(documented, await declaredErrorCodes())
})
