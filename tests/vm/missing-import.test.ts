import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { VulcanUnderTest } from '../support/vulcan.ts'
import { writeProgram } from '../support/write-program.ts'

test('Python that misses a package says so in its own words, and Vulcan adds one line', async (t) => {
  const vulcan = await VulcanUnderTest.create(t)
  const directory = await writeProgram(vulcan, { 'app.py': 'print("out")\nimport requests\n' })
  const { exitCode, stdout, stderr } = await vulcan.run(['run', join(directory, 'app.py')])
  assert.equal(stdout.toString(), 'out\n')
  assert.match(
    stderr,
    /^Traceback .*\n.*\n.*\n(.*\n)?ModuleNotFoundError: No module named 'requests'\nvulcan: .*\n$/,
  )
  assert.match(stderr, /\nvulcan: an import was not found, and nothing is downloaded in a VM: /)
  assert.match(stderr, /its own files and packages; "pip install --target DIRECTORY PACKAGE"/)
  assert.equal(exitCode, 1)
  await vulcan.assertNothingLeft()
})

test('in JSON the line is the error of a program that exited, and its stderr is untouched', async (t) => {
  const vulcan = await VulcanUnderTest.create(t)
  const directory = await writeProgram(vulcan, {
    'index.js': 'import("left-pad").catch(() => require("./lib/missing.js"))\n',
  })
  const run = await vulcan.run(['run', '--json', directory])
  const { reason, status, exit_code, error, stderr } = JSON.parse(run.stdout.toString())
  assert.deepEqual(
    { reason, status, exit_code },
    { reason: 'exited', status: 'completed', exit_code: 1 },
  )
  assert.match(stderr, /\nError: Cannot find module '\.\/lib\/missing\.js'\n/)
  assert.doesNotMatch(stderr, /downloaded/)
  assert.match(error, /^an import was not found, and nothing is downloaded in a VM: .*npm install/)
  assert.equal(run.stderr, '')
  assert.equal(run.exitCode, 1)
  await vulcan.assertNothingLeft()
})

test('an ECMAScript module that misses a package is told the same', async (t) => {
  const vulcan = await VulcanUnderTest.create(t)
  const directory = await writeProgram(vulcan, { 'app.mjs': 'import "left-pad"\n' })
  const { exitCode, stderr } = await vulcan.run(['run', join(directory, 'app.mjs')])
  assert.match(stderr, /\nError \[ERR_MODULE_NOT_FOUND\]: Cannot find package 'left-pad'/)
  assert.match(stderr, /\nvulcan: an import was not found, .*\n$/)
  assert.equal(exitCode, 1)
  await vulcan.assertNothingLeft()
})

test('a program that ends with 0 is told nothing, whatever it wrote', async (t) => {
  const vulcan = await VulcanUnderTest.create(t)
  const code =
    'import sys, traceback\ntry:\n  import requests\nexcept ImportError:\n  traceback.print_exc()'
  const { exitCode, stderr } = await vulcan.python(code)
  assert.match(stderr, /\nModuleNotFoundError: No module named 'requests'\n$/)
  assert.equal(exitCode, 0)
  await vulcan.assertNothingLeft()
})
