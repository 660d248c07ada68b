import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { FULL, type Plan, QUICK } from '../src/plan.ts'
import { documentsOf, readCommitted } from '../src/report/committed.ts'
import { renderDocument } from '../src/report/document.ts'
import { trimmed } from '../src/report/trim.ts'
import { exampleResult } from './support/example-result.ts'

const root = join(import.meta.dirname, '../..')

test('docs/performance.md and its pictures are of the committed result (else: make docs)', async () => {
  const documents = Object.entries(documentsOf(await readCommitted(root)))
  assert.ok(documents.length > 1)
  for (const [path, text] of documents) {
    assert.equal(await readFile(join(root, path), 'utf8'), text, path)
  }
})

test('the document says on which machine, how, and what it does not show', () => {
  const text = renderDocument(exampleResult())
  assert.match(
    text,
    /^## The machine\n\n(?:\|.*\n)+\| processor \| A &lt;processor> & "more", 2 cores \|$/m,
  )
  assert.match(text, /emulated in software/)
  assert.match(text, /^## How it was measured$/m)
  assert.match(text, /^## What it does not show$/m)
  assert.match(text, /^\| release seen by the caller \| 0 runs \| 0 of 3 runs \| met \|/m)
  assert.match(text, /!\[[^\]]+\]\(performance\/latency-python\.svg\)/)
})

test('the document says how much was measured, and whether that was less than a plan has', () => {
  const { plan } = exampleResult()
  const text = (more: Partial<Plan>) =>
    renderDocument(exampleResult({ plan: { ...plan, ...more } }))
  const { runtimes } = QUICK
  assert.match(text({ runtimes }), /^\| when, how much \| 2026-11-22, `make bench` \|$/m)
  assert.match(text({}), /^\| when, how much \| 2026-11-22, less than `make bench` \|$/m)
  assert.match(
    text({}),
    /^- 1 round of warm-up, then at least 3 and at most 20, as many as begin in 3 minutes for/m,
  )
  assert.match(
    text({ rounds: { min: 3, max: 20, budgetMs: 90_000 } }),
    /as many as begin in 90 s for/,
  )
  const rounds = { min: 5, max: 5, budgetMs: 0 }
  assert.match(
    text({ warmUps: 2, rounds }),
    /^- 2 rounds of warm-up, then 5 rounds for each runtime/m,
  )
  const { warmUps, rounds: full } = FULL
  assert.match(text({ warmUps, rounds: full }), /as many as begin in 60 minutes/)
})

test('what could not be measured stands in the document, with the reason', () => {
  const missing = [{ what: 'what a warm VM costs, python', because: 'there is no pool' }]
  assert.match(
    renderDocument(exampleResult({ missing })),
    /^- Not measured: what a warm VM costs, python, because there is no pool\.$/m,
  )
})

test('a machine with KVM is not said to emulate', () => {
  const { machine } = exampleResult()
  const text = renderDocument(
    exampleResult({ machine: { ...machine, isolation: 'hardware', isVirtual: false } }),
  )
  assert.doesNotMatch(text, /emulated in software|itself virtual/)
})

test('a trimmed result says what the whole one says', () => {
  const result = exampleResult()
  assert.equal(renderDocument(trimmed(result)), renderDocument(result))
  const kept = trimmed(result).series.flatMap(({ samples }) => samples.filter((one) => one.phases))
  assert.equal(kept.length, 1)
})
