import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { CASES } from './cases.ts'
import { DIFFERENCES } from './differences.ts'
import { judge } from './judge.ts'
import { formatTable } from './table.ts'
import { fake, firecracker, vulcanVmm } from './vmms/kinds.ts'

const {
  /**
   * The path of a real Firecracker, for which the same cases must be true. Nearly all of them need
   * only that the processor executes a few instructions; those with Linux are tried where
   * `VULCAN_CONFORMANCE_LINUX` says that it boots with KVM here.
   */
  VULCAN_CONFORMANCE_FIRECRACKER,
  VULCAN_CONFORMANCE_LINUX,
  /** Which of ours are tried. */
  VULCAN_CONFORMANCE_VMMS = 'fake,vulcan-vmm',
  /** Gets the table, which is printed in any case. */
  VULCAN_CONFORMANCE_TABLE,
} = process.env

const runDir = await mkdtemp(join(tmpdir(), 'vc-run-'))
await using faked = fake()
const tried = VULCAN_CONFORMANCE_VMMS.split(',')
const ours = [faked, vulcanVmm(runDir)].filter(({ name }) => tried.includes(name))
const real =
  VULCAN_CONFORMANCE_FIRECRACKER === undefined
    ? []
    : [firecracker(VULCAN_CONFORMANCE_FIRECRACKER, { bootsLinux: !!VULCAN_CONFORMANCE_LINUX })]
const verdicts = new Map(
  await Promise.all(
    [...ours, ...real].map(
      async (kind) => [kind.name, await judge(kind, CASES, DIFFERENCES)] as const,
    ),
  ),
)
await rm(runDir, { recursive: true, force: true })
const table = formatTable(CASES, verdicts)
console.log(table)
if (VULCAN_CONFORMANCE_TABLE !== undefined) await writeFile(VULCAN_CONFORMANCE_TABLE, table)

test('of those that are tried, all are known', () => {
  assert.deepEqual(
    tried.filter((name) => !ours.some((kind) => kind.name === name)),
    [],
  )
})

test('the names of cases are unique', () => {
  assert.equal(new Set(CASES.map(({ name }) => name)).size, CASES.length)
})

test('a listed difference is of a case, and only once', () => {
  const names = new Set(CASES.map(({ name }) => name))
  const listed = DIFFERENCES.flatMap(({ vmm, cases }) => cases.map((name) => `${vmm}: ${name}`))
  assert.deepEqual(
    DIFFERENCES.flatMap(({ cases }) => cases.filter((name) => !names.has(name))),
    [],
  )
  assert.equal(new Set(listed).size, listed.length)
})

for (const [name, byCase] of verdicts) {
  suite(name, () => {
    for (const [caseName, verdict] of byCase) {
      if (verdict.kind === 'not_run') continue
      test(caseName, () => {
        if (verdict.kind === 'failed') throw verdict.error
      })
    }
  })
}
