import assert from 'node:assert/strict'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { hashInputs } from '../src/hash-inputs.ts'
import { temporaryDirectory } from './temporary-directory.ts'

async function sources(t: TestContext): Promise<string> {
  const root = await temporaryDirectory(t)
  await mkdir(join(root, 'guest'), { recursive: true })
  await writeFile(join(root, 'guest/main.rs'), 'fn main() {}')
  return root
}

const hashOf = (root: string, words: readonly string[] = []) =>
  hashInputs({ root, files: ['**/*.rs'], words })

test('the same files have the same hash, wherever they lie', async (t) => {
  const hash = await hashOf(await sources(t))
  assert.match(hash, /^[0-9a-f]{16}$/)
  assert.equal(await hashOf(await sources(t)), hash)
})

test('what a file holds is part of the hash', async (t) => {
  const root = await sources(t)
  const before = await hashOf(root)
  await writeFile(join(root, 'guest/main.rs'), 'fn main() { }')
  assert.notEqual(await hashOf(root), before)
})

test('what a file is called is part of the hash', async (t) => {
  const root = await sources(t)
  const before = await hashOf(root)
  await rename(join(root, 'guest/main.rs'), join(root, 'guest/lib.rs'))
  assert.notEqual(await hashOf(root), before)
})

test('a file that is gone changes the hash', async (t) => {
  const root = await sources(t)
  const before = await hashOf(root)
  await rm(join(root, 'guest/main.rs'))
  assert.notEqual(await hashOf(root), before)
})

test('what no pattern names does not count', async (t) => {
  const root = await sources(t)
  const before = await hashOf(root)
  await writeFile(join(root, 'guest/notes.txt'), 'to do')
  assert.equal(await hashOf(root), before)
})

test('words are part of the hash, and so is where one ends', async (t) => {
  const root = await sources(t)
  const hashes = [await hashOf(root), await hashOf(root, ['ab']), await hashOf(root, ['a', 'b'])]
  assert.equal(new Set(hashes).size, 3)
})
