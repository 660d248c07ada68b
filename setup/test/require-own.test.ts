import assert from 'node:assert/strict'
import { stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { requireOwn } from '../src/require-own.ts'
import { temporaryDirectory } from './temporary-directory.ts'

test('what a set-up of another user left is refused, with the command that gives it back', async (t) => {
  const directory = await temporaryDirectory(t)
  await writeFile(join(directory, 'vulcan.mjs'), '')
  const { uid } = await stat(directory)
  await assert.rejects(requireOwn(directory, uid + 1), (error: Error) => {
    assert.match(error.message, /belongs to another user/)
    assert.ok(error.message.endsWith(`sudo chown -R "$(id -u):$(id -g)" '${directory}'`))
    return true
  })
})

test("the user's own, nothing at all, and anything for root are taken", async (t) => {
  const directory = await temporaryDirectory(t)
  await writeFile(join(directory, 'vulcan.mjs'), '')
  const { uid } = await stat(directory)
  await requireOwn(directory, uid)
  await requireOwn(join(directory, 'missing'), uid)
  await requireOwn(directory, 0)
})
