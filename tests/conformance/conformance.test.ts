import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { CASES } from './cases.ts'
import { DIFFERENCES } from './differences.ts'
import { judge } from './judge.ts'
import { formatTable } from './table.ts'
import { fake, firecracker, vulcanVmm } from './vmms/kinds.ts'

/**
 * The path of a real Firecracker, for which the same cases must be true. Nearly all of them need
 * only that the processor executes a few instructions; those with Linux are tried where
 * `VULCAN_CONFORMANCE_LINUX` says that it boots with KVM here.
 */
const { VULCAN_CONFORMANCE_FIRECRACKER, VULCAN_CONFORMANCE_LINUX } = process.env

const runDir = await mkdtemp(join(tmpdir(), 'vc-run-'))
await using ours = fake()
const real =
  VULCAN_CONFORMANCE_FIRECRACKER === undefined
    ? []
    : [firecracker(VULCAN_CONFORMANCE_FIRECRACKER, { bootsLinux: !!VULCAN_CONFORMANCE_LINUX })]
const kinds = [ours, vulcanVmm(runDir), ...real]
const verdicts = new Map(
  await Promise.all(
    kinds.map(async (kind) => [kind.name, await judge(kind, CASES, DIFFERENCES)] as const),
  ),
)
await rm(runDir, { recursive: true, force: true })
console.log(formatTable(CASES, verdicts))

test('the names of cases are unique', () => {
  assert.equal(new Set(CASES.map(({ name }) => name)).size, CASES.length)
})

test('a listed difference is of a case, and only once', () => {
  const listed = DIFFERENCES.flatMap(({ vmm, cases }) => cases.map((name) => `${vmm}: ${name}`))
  const known = new Set(CASES.flatMap(({ name }) => kinds.map((kind) => `${kind.name}: ${name}`)))
  assert.deepEqual(
    listed.filter((name) => !known.has(name)),
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
