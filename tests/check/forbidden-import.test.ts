import assert from 'node:assert/strict'
import { copyFile, glob, mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { type Ended, runProgram } from './run-program.ts'
import { temporaryDirectory } from './temporary-directory.ts'

const ROOT = join(import.meta.dirname, '../..')
const BIOME = join(ROOT, 'node_modules/.bin/biome')

/** Lints one file, planted in a copy that has our settings and manifests and nothing else. */
async function lint(t: TestContext, path: string, source: string): Promise<Ended> {
  const copy = await temporaryDirectory(t)
  const settings = [
    'biome.json',
    '.gitignore',
    'package.json',
    '{packages/*,setup,tests}/package.json',
  ]
  for await (const name of glob(settings, { cwd: ROOT })) {
    await mkdir(join(copy, dirname(name)), { recursive: true })
    await copyFile(join(ROOT, name), join(copy, name))
  }
  await mkdir(join(copy, dirname(path)), { recursive: true })
  await writeFile(join(copy, path), source)
  return runProgram(BIOME, ['lint', '--error-on-warnings', path], copy)
}

async function assertRefused(t: TestContext, path: string, source: string, rule: string) {
  const { code, output } = await lint(t, path, source)
  assert.notEqual(code, 0, output)
  assert.match(output, new RegExp(`${path}:1:\\d+ lint/${rule} `))
}

test('an import that the design allows passes', async (t) => {
  const source = "export { Machine } from '@vulcan/firecracker'\n"
  const { code, output } = await lint(t, 'packages/backend-firecracker/src/planted.ts', source)
  assert.equal(code, 0, output)
})

test('an import of a package that is not declared is refused', async (t) => {
  const source = "export { Host } from '@vulcan/host'\n"
  await assertRefused(
    t,
    'packages/firecracker/src/planted.ts',
    source,
    'correctness/noUndeclaredDependencies',
  )
})

test('an import of a mere type of such a package is refused', async (t) => {
  const source = "export type { WorkloadSpec } from '@vulcan/backend'\n"
  await assertRefused(
    t,
    'packages/firecracker/src/planted.ts',
    source,
    'correctness/noUndeclaredDependencies',
  )
})

test('an import of such a package at run time is refused', async (t) => {
  const source = "export const host = await import('@vulcan/host')\n"
  await assertRefused(
    t,
    'packages/images/src/planted.ts',
    source,
    'correctness/noUndeclaredDependencies',
  )
})

test("an import past a declared package's entry point is refused", async (t) => {
  const source = "export { run } from '@vulcan/firecracker/src/machine.ts'\n"
  await assertRefused(
    t,
    'packages/backend-firecracker/src/planted.ts',
    source,
    'style/noRestrictedImports',
  )
})

test('the fake, which is an entry point of its own, may be imported', async (t) => {
  const source = "export { fake } from '@vulcan/firecracker/testing'\n"
  const { code, output } = await lint(t, 'packages/backend-firecracker/test/planted.ts', source)
  assert.equal(code, 0, output)
})

test('an import of another package by its path is refused, from any depth', async (t) => {
  for (const [path, specifier] of [
    ['packages/backend/src/planted.ts', '../../firecracker/src/machine.ts'],
    ['packages/backend/src/deep/planted.ts', '../../../firecracker/testing/index.ts'],
    ['packages/backend/test/planted.ts', '../../host/test/host.test.ts'],
    ['tests/planted.ts', '../packages/host/src/host.ts'],
    ['tests/vm/planted.ts', '../../setup/src/main.ts'],
  ] as const) {
    await assertRefused(t, path, `export { x } from '${specifier}'\n`, 'style/noRestrictedImports')
  }
})

test('a package reaches its own files by their paths', async (t) => {
  for (const [path, specifier] of [
    ['packages/backend/test/planted.ts', '../src/registry.ts'],
    ['packages/backend/test/deep/planted.ts', '../../src/registry.ts'],
    ['packages/backend/src/deep/planted.ts', '../registry.ts'],
  ] as const) {
    const { code, output } = await lint(t, path, `export { x } from '${specifier}'\n`)
    assert.equal(code, 0, output)
  }
})
