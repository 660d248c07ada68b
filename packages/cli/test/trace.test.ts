import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type TracedStep, traceDocument, waterfall } from '../src/trace.ts'

const STEPS: readonly TracedStep[] = [
  { name: 'host', beganAtMs: 0, endedAtMs: 250.04 },
  { name: 'spawn', beganAtMs: 250.04, endedAtMs: 500 },
  { name: 'first_byte', beganAtMs: 500, endedAtMs: 500.01 },
  { name: 'release', beganAtMs: 999.96, endedAtMs: 1000 },
]

test('a waterfall has a line for each step, its bar where the step was', () => {
  assert.deepEqual(waterfall(STEPS), [
    'step            begin  duration',
    `host              0.0     250.0  ${'#'.repeat(15)}`,
    `spawn           250.0     250.0  ${' '.repeat(15)}${'#'.repeat(15)}`,
    `first byte      500.0       0.0  ${' '.repeat(30)}#`,
    `release        1000.0       0.0  ${' '.repeat(59)}#`,
  ])
})

test('a waterfall of a long run fits into 100 columns', () => {
  const step: TracedStep = { name: 'interpreter', beganAtMs: 0, endedAtMs: 86_400_000 }
  for (const line of waterfall([step])) assert.ok(line.length <= 96, line)
})

test('a document has the steps in tenths of milliseconds', () => {
  assert.deepEqual(traceDocument(STEPS.slice(2)), [
    { step: 'first_byte', begin_ms: 500, duration_ms: 0 },
    { step: 'release', begin_ms: 1000, duration_ms: 0 },
  ])
})
