import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtemp, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { FileHashes } from '../src/file-hashes.ts'

const NEVER = new AbortController().signal

async function temporaryDirectory(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'vh-'))
  t.after(() => rm(directory, { recursive: true }))
  return directory
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

test('a file of the same length and time but other content has another hash', async (t) => {
  const directory = await temporaryDirectory(t)
  const path = join(directory, 'vmlinux')
  const hashes = new FileHashes(directory)
  await writeFile(path, 'one')
  const { atime, mtime } = await stat(path)
  assert.equal(await hashes.sha256(path, NEVER), sha256('one'))
  await writeFile(path, 'two')
  await utimes(path, atime, mtime)
  assert.equal(await hashes.sha256(path, NEVER), sha256('two'))
})

test('a file that was not changed is not read again, by another process neither', async (t) => {
  const directory = await temporaryDirectory(t)
  const path = join(directory, 'vmlinux')
  await writeFile(path, 'one')
  const hash = await new FileHashes(directory).sha256(path, NEVER)
  // To read it would throw the signal's reason.
  assert.equal(await new FileHashes(directory).sha256(path, AbortSignal.abort()), hash)
})

test('a memory that is none is an empty one', async (t) => {
  const directory = await temporaryDirectory(t)
  const path = join(directory, 'vmlinux')
  await writeFile(path, 'one')
  for (const text of ['', '[]', '{"x": 1}', 'null']) {
    await writeFile(join(directory, 'hashes.json'), text)
    assert.equal(await new FileHashes(directory).sha256(path, NEVER), sha256('one'))
  }
})
