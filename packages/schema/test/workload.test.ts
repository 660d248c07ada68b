import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WORKLOAD_LIMITS, WorkloadSpec } from '../src/index.ts'

const ID = '01K3Z5V7Q8R9S0T1V2W3X4Y5Z6'
const VALID = { id: ID, runtime: 'python', code: 'print(1)' }

function refusedField(spec: object): string | undefined {
  const parsed = WorkloadSpec.safeParse(spec)
  assert.equal(parsed.success, false, `${Object.keys(spec)} was accepted`)
  return parsed.error?.issues[0]?.path.join('.')
}

test('what is not given has its default', () => {
  assert.deepEqual(WorkloadSpec.parse(VALID), {
    ...VALID,
    isolation: 'auto',
    args: [],
    env: {},
    timeoutS: 30,
    outputLimitBytes: 16 * 1024 * 1024,
  })
})

test('exactly one of code and archive is taken', () => {
  const codeArchive = new Uint8Array(10)
  assert.equal(refusedField({ ...VALID, codeArchive }), 'code')
  assert.equal(refusedField({ id: ID, runtime: 'python' }), 'code')
  WorkloadSpec.parse({ id: ID, runtime: 'python', codeArchive })
})

test('an entrypoint stays below the working directory', () => {
  for (const entrypoint of [
    '',
    '/etc/passwd',
    '../x',
    'a/../../x',
    'a//b',
    './a',
    'a\0b',
    'x'.repeat(256),
  ]) {
    assert.equal(refusedField({ ...VALID, entrypoint }), 'entrypoint')
  }
  WorkloadSpec.parse({ ...VALID, entrypoint: 'src/app/main.py' })
})

test('a value out of its range is refused by the name of its field', () => {
  for (const [field, value] of [
    ['id', 'not-a-ulid'],
    ['runtime', 'ruby'],
    ['cpus', 0],
    ['cpus', 1.5],
    ['memMib', 1],
    ['timeoutS', 0],
    ['args', ['a\0b']],
    ['args', Array.from({ length: WORKLOAD_LIMITS.args + 1 }, () => '')],
    ['code', 'x'.repeat(WORKLOAD_LIMITS.codeBytes + 1)],
    ['input', new Uint8Array(WORKLOAD_LIMITS.inputBytes + 1)],
  ] as const) {
    assert.equal(refusedField({ ...VALID, [field]: value })?.split('.')[0], field)
  }
})

test('an environment variable has a name without "=" and a value without NUL', () => {
  assert.equal(refusedField({ ...VALID, env: { 'A=B': '' } })?.split('.')[0], 'env')
  assert.equal(refusedField({ ...VALID, env: { A: '\0' } }), 'env.A')
  WorkloadSpec.parse({ ...VALID, env: { A: 'b=c' } })
})
