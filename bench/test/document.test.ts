import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
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
