import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { test } from 'node:test'
import { buildScript, goRecipe, prepareScript } from '../src/recipes/go.ts'
import { nodeRecipe } from '../src/recipes/node.ts'
import { placeholder as nodePlaceholder, waitingScript } from '../src/recipes/node-waiting.ts'
import { pythonRecipe } from '../src/recipes/python.ts'
import { placeholder as pythonPlaceholder, sitecustomize } from '../src/recipes/python-waiting.ts'
import { type RootfsRecipe, runtimeFile } from '../src/recipes/rootfs-recipe.ts'
import { runtimeRecipes } from '../src/recipes/runtimes.ts'

test('guests run the Node that the lock file of this workspace pins', async () => {
  const lock = resolve(import.meta.dirname, '../../../package-lock.json')
  const { packages } = JSON.parse(await readFile(lock, 'utf8'))
  assert.ok(nodeRecipe.source?.manager === 'npm')
  const { package: name, version, integrity } = nodeRecipe.source
  const locked = packages[`node_modules/${name}`]
  assert.deepEqual({ version, integrity }, { version: locked.version, integrity: locked.integrity })
})

test('the entrypoints without a name are those of the protocol', () => {
  const defaults = runtimeRecipes.map(({ runtime, program }) => [
    runtime,
    program.defaultEntrypoint,
  ])
  assert.deepEqual(Object.fromEntries(defaults), {
    go: 'main.go',
    node: 'index.js',
    python: 'main.py',
  })
})

test('an image describes its runtime with names in snake case, and only what there is', () => {
  assert.deepEqual(JSON.parse(runtimeFile(nodeRecipe)), {
    name: 'node',
    default_entrypoint: 'index.js',
    command: ['/usr/local/bin/node'],
    env: {},
    warm: {
      command: nodeRecipe.program.warm?.command,
      fresh_variables: nodeRecipe.program.warm?.freshVariables,
    },
    rehearsal: nodeRecipe.program.rehearsal,
    hints: nodeRecipe.program.hints,
  })
  assert.deepEqual(Object.keys(JSON.parse(runtimeFile(goRecipe))), [
    'name',
    'default_entrypoint',
    'build',
    'command',
    'env',
    'prepare',
    'hints',
  ])
})

test('the placeholder of a program that an interpreter waits for is no path that there can be', () => {
  const longestPath = 4096
  assert.ok(pythonPlaceholder.length > longestPath)
  assert.match(sitecustomize, new RegExp(`'=' \\* ${pythonPlaceholder.length}:`))
  assert.match(waitingScript, new RegExp(`PLACEHOLDER = '${nodePlaceholder}'`))
})

test('a workload gets a fresh interpreter for what an interpreter reads at its start', () => {
  const variables = (recipe: RootfsRecipe) => recipe.program.warm?.freshVariables ?? []
  for (const recipe of [nodeRecipe, pythonRecipe]) {
    for (const name of ['LANG', 'LC_*', 'LD_*', 'TZ', 'MALLOC_*', 'OPENSSL_*', 'HOME'])
      assert.ok(variables(recipe).includes(name), name)
  }
  assert.ok(variables(pythonRecipe).includes('PYTHON*'))
  assert.ok(variables(nodeRecipe).includes('NODE_*') && variables(nodeRecipe).includes('UV_*'))
})

test('the script in which Node.js waits is correct JavaScript', () => {
  execFileSync(process.execPath, ['--check', '--input-type=commonjs', '-'], {
    input: waitingScript,
    stdio: 'pipe',
  })
})

test('an image that has no hints to give says so', () => {
  const program = { ...nodeRecipe.program, hints: [] }
  assert.deepEqual(JSON.parse(runtimeFile({ ...nodeRecipe, program })).hints, [])
})

test('the words of hints are one line, short enough for one', () => {
  const hints = runtimeRecipes.flatMap(({ program }) => program.hints)
  assert.equal(hints.length, 3)
  for (const { texts, words } of hints) {
    assert.match(words, /nothing is downloaded in a VM/)
    assert.doesNotMatch(words, /\n/)
    assert.ok(words.length < 300, words)
    for (const text of texts) assert.match(text, /^\n?[^\n]+$/)
  }
})

test('the scripts that build Go programs, and prepare for it, are correct shell', () => {
  for (const input of [buildScript, prepareScript]) {
    execFileSync('sh', ['-n'], { input, stdio: 'pipe' })
  }
})
