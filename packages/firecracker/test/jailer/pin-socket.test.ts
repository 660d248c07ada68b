import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { JailError, pinSocket } from '../../src/index.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const OWN = process.getuid?.() ?? 0
const isRefused = (error: unknown) =>
  error instanceof JailError && error.code === 'jail_entry_refused'

async function serve(context: TestContext, path: string, words: string): Promise<void> {
  const server = createServer((socket) => socket.end(words))
  context.after(() => server.close())
  await once(server.listen({ path }), 'listening')
}

function newDirectory(context: TestContext): string {
  const { path, ...directory } = temporaryDirectory()
  context.after(() => directory[Symbol.dispose]())
  return path
}

test('a pinned socket is reached whatever its name leads to by now', async (context) => {
  const directory = newDirectory(context)
  const name = join(directory, 'v.sock')
  await serve(context, name, 'the agent')
  await serve(context, join(directory, 'other.sock'), "another VM's agent")
  const pinned = pinSocket(name, OWN)
  renameSync(name, join(directory, 'moved'))
  symlinkSync('other.sock', name)
  assert.equal(await text(connect({ path: name })), "another VM's agent")
  assert.equal(await text(connect({ path: pinned.path })), 'the agent')
  pinned[Symbol.dispose]()
  assert.equal(existsSync(pinned.path), false)
})

test('a link, a file and a socket of somebody else are not pinned', async (context) => {
  const directory = newDirectory(context)
  await serve(context, join(directory, 'v.sock'), '')
  symlinkSync('v.sock', join(directory, 'link'))
  writeFileSync(join(directory, 'file'), '')
  for (const name of ['link', 'file', 'missing']) {
    assert.throws(() => pinSocket(join(directory, name), OWN), isRefused)
  }
  assert.throws(() => pinSocket(join(directory, 'v.sock'), OWN + 1), isRefused)
})
