import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { VulcanUnderTest } from '../support/vulcan.ts'
import { writeProgram } from '../support/write-program.ts'

test('a TypeScript file runs as it is, with arguments, input, environment and exit code', async (t) => {
  const vulcan = await VulcanUnderTest.create(t)
  const directory = await writeProgram(vulcan, {
    'greet.ts': `
import { readFileSync } from 'node:fs'
const names: readonly string[] = process.argv.slice(2)
console.log(process.argv[1], names, readFileSync(0, 'utf8'), process.env.GREETING as string)
console.error(process.cwd(), process.getuid?.())
process.exitCode = 3
`,
  })
  const { exitCode, stdout, stderr } = await vulcan.run(
    ['run', '-e', 'GREETING=hi', '--input', '-', join(directory, 'greet.ts'), 'a b', '--flag'],
    { stdin: 'typed' },
  )
  assert.equal(stdout.toString(), "/work/greet.ts [ 'a b', '--flag' ] typed hi\n")
  assert.equal(stderr, '/work 1000\n')
  assert.equal(exitCode, 3)
  await vulcan.assertNothingLeft()
})

test('modules of every kind, and those in node_modules, find each other in a directory', async (t) => {
  const vulcan = await VulcanUnderTest.create(t)
  const directory = await writeProgram(vulcan, {
    'index.js': `
const old = require('./old.cjs')
import('./new.mjs').then((it) => console.log(old, it.default, require('dependency')))
`,
    'old.cjs': 'module.exports = "common"',
    'new.mjs': 'import { typed } from "./lib/typed.ts"\nexport default typed("module")',
    'lib/typed.ts': "export const typed = (name: string): string => name + ', typed'",
    'node_modules/dependency/package.json': '{"name": "dependency", "main": "it.js"}',
    'node_modules/dependency/it.js': 'exports.vendored = true',
  })
  const { exitCode, stdout, stderr } = await vulcan.run(['run', '--runtime', 'node', directory])
  assert.equal(stderr, '')
  assert.equal(stdout.toString(), 'common module, typed { vendored: true }\n')
  assert.equal(exitCode, 0)
  await vulcan.assertNothingLeft()
})

test('an uncaught error shows the file of the user and the line', async (t) => {
  const vulcan = await VulcanUnderTest.create(t)
  const directory = await writeProgram(vulcan, {
    'broken.mjs': 'function fail() {\n  throw new Error("on purpose")\n}\nfail()\n',
  })
  const { exitCode, stderr } = await vulcan.run(['run', join(directory, 'broken.mjs')])
  assert.match(stderr, /Error: on purpose\n {4}at fail \(file:\/\/\/work\/broken\.mjs:2:9\)/)
  assert.equal(exitCode, 1)
  await vulcan.assertNothingLeft()
})
