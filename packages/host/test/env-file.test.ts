import assert from 'node:assert/strict'
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { EnvFileError, withEnvFile } from '../src/env-file.ts'

async function home(t: TestContext, text?: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'env-file-'))
  t.after(() => rm(directory, { recursive: true }))
  if (text !== undefined) await writeFile(join(directory, 'env'), text, { mode: 0o644 })
  return directory
}

test('the file in the data directory adds what the environment does not have', async (t) => {
  const directory = await home(t, '# ours\nVULCAN_VMM=qemu\nVULCAN_LOG_LEVEL="warn"\n')
  const env = await withEnvFile({ VULCAN_HOME: directory, VULCAN_VMM: 'auto' }, undefined)
  assert.equal(env['VULCAN_VMM'], 'auto')
  assert.equal(env['VULCAN_LOG_LEVEL'], 'warn')
})

test('without a file the environment is as it is', async (t) => {
  const given = { VULCAN_HOME: await home(t) }
  assert.deepEqual(await withEnvFile(given, undefined), given)
})

test('a file that is named is read instead, and must be there', async (t) => {
  const directory = await home(t, 'VULCAN_VMM=qemu\n')
  const named = join(directory, 'other')
  const given = { VULCAN_HOME: directory }
  await assert.rejects(withEnvFile(given, named), { code: 'env_file', path: named })
  await writeFile(named, 'VULCAN_LOG_LEVEL=debug\n')
  assert.deepEqual(await withEnvFile(given, named), { ...given, VULCAN_LOG_LEVEL: 'debug' })
})

test('a file that others can write is refused', async (t) => {
  const directory = await home(t, 'VULCAN_VMM=qemu\n')
  for (const mode of [0o664, 0o646]) {
    await chmod(join(directory, 'env'), mode)
    await assert.rejects(withEnvFile({ VULCAN_HOME: directory }, undefined), EnvFileError)
  }
})

test('a file that is none, or is far too large, is refused', async (t) => {
  const directory = await home(t, 'X='.padEnd(100_000, 'x'))
  await assert.rejects(withEnvFile({ VULCAN_HOME: directory }, undefined), /may have 65536/)
  await rm(join(directory, 'env'))
  await mkdir(join(directory, 'env'))
  await assert.rejects(withEnvFile({ VULCAN_HOME: directory }, undefined), /no regular file/)
})

test('a link leads to a file that must be as trustworthy', async (t) => {
  const directory = await home(t)
  const target = join(directory, 'target')
  await writeFile(target, 'VULCAN_VMM=qemu\n', { mode: 0o644 })
  await chmod(target, 0o666)
  await symlink(target, join(directory, 'env'))
  await assert.rejects(withEnvFile({ VULCAN_HOME: directory }, undefined), /written by others/)
})
