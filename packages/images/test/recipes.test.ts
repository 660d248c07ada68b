import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { test } from 'node:test'
import { buildScript } from '../src/recipes/go.ts'
import { nodeRecipe } from '../src/recipes/node.ts'
import { runtimeFile } from '../src/recipes/rootfs-recipe.ts'
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
    hints: nodeRecipe.program.hints,
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

test('the script that builds Go programs is correct shell', () => {
  execFileSync('sh', ['-n'], { input: buildScript, stdio: 'pipe' })
})
