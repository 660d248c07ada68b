import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setUp } from '../src/set-up.ts'
import type { Step } from '../src/step.ts'
import { CapturedOutput } from './captured-output.ts'

function step(name: string, done: boolean, run: Step['run'] = async () => undefined): Step {
  const estimate = { downloadMib: 10, diskMib: 25, seconds: 100 }
  return { name, estimate, isDone: async () => done, run }
}

function options(output: CapturedOutput, signal = new AbortController().signal) {
  return { home: '/somewhere', signal, output }
}

test('a set-up with nothing missing says so in a line', async () => {
  const output = new CapturedOutput()
  await setUp([step('rust', true), step('images', true)], options(output))
  assert.equal(output.text, 'Set-up: everything is there.\n')
})

test('only what is missing is made, in order', async () => {
  const made: string[] = []
  const make = (name: string, done: boolean) => step(name, done, async () => void made.push(name))
  const steps = [make('rust', true), make('native', false), make('images', false)]
  await setUp(steps, options(new CapturedOutput()))
  assert.deepEqual(made, ['native', 'images'])
})

test('what it will take is said before anything is made', async () => {
  const output = new CapturedOutput()
  const first = step('native', false, async () => {
    assert.match(output.text, /2 steps are missing \(kept in \/somewhere\)/)
    assert.match(output.text, /native +10 MB +25 MB +2 min/)
    assert.match(output.text, /at most +20 MB +50 MB +3 min/)
  })
  await setUp([first, step('images', false)], options(output))
})

test('elsewhere than on a terminal, a step has a line at its begin and one at its end', async () => {
  const output = new CapturedOutput()
  const chatty = step('native', false, async ({ report }) => report('Compiling'))
  await setUp([chatty], options(output))
  const lines = output.text.trimEnd().split('\n').slice(-2)
  assert.equal(lines[0], '  · native …')
  assert.match(lines[1] ?? '', /^ {2}✔ native \(\d+\.\d s\)$/)
})

test('on a terminal a step has one line, which shows what it is doing', async () => {
  const output = new CapturedOutput({ isTTY: true, columns: 30 })
  const chatty = step('native', false, async ({ report }) =>
    report('Compiling a crate with a name'),
  )
  await setUp([chatty], options(output))
  const drawn = output.text.split('\r\x1b[K').slice(1)
  assert.match(drawn[0] ?? '', /^ {2}· native 0\.\d s {2}Compiling a$/)
  assert.match(drawn.at(-1) ?? '', /^ {2}✔ native \(0\.\d s\)\n$/)
})

test('a step that came to something else than its name says so when it has ended', async () => {
  const output = new CapturedOutput()
  const needless = step('native', false, async ({ conclude }) => conclude('not needed here'))
  await setUp([needless], options(output))
  assert.match(output.text, / {2}✔ native \(\d+\.\d s\): not needed here\n$/)
})

test('a step that fails is marked, and ends the set-up with its error', async () => {
  const output = new CapturedOutput()
  const failure = new Error('no space')
  const failing = step('images', false, () => Promise.reject(failure))
  const never = step('bundles', false, () => assert.fail('must not run'))
  await assert.rejects(setUp([failing, never], options(output)), failure)
  assert.match(output.text, /✖ images/)
})
