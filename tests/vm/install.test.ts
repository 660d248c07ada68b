import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { lstat, mkdtemp, readdir, readFile, readlink, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'

const run = promisify(execFile)
const CLONE = resolve(import.meta.dirname, '../..')
/** Not the end of another path: a clone may lie in /vulcan. */
const IN_CLONE = new RegExp(`(?<![\\w./-])${RegExp.escape(CLONE)}/`)

test('what is installed into an empty prefix runs a program, and knows nothing of the clone', async (t) => {
  const prefix = await mkdtemp(join(tmpdir(), 'vp-'))
  t.after(() => rm(prefix, { recursive: true, force: true }))
  await run(process.execPath, [join(CLONE, 'setup/src/install.ts'), prefix])
  const env = {
    PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: prefix,
    VULCAN_HOME: process.env['VULCAN_HOME'],
    VULCAN_RUN: join(prefix, 'run'),
  }
  const vulcan = join(prefix, 'bin/vulcan')
  const { stdout } = await run(vulcan, ['run', '-c', 'print("installed")'], { env, cwd: '/' })
  assert.equal(stdout, 'installed\n')
  assert.deepEqual(await readdir(join(prefix, 'run/vms')), [])
  for (const name of await readdir(prefix, { recursive: true })) {
    const path = join(prefix, name)
    const stats = await lstat(path)
    if (stats.isSymbolicLink()) assert.equal(await readlink(path), '../../bin/vulcan')
    if (!stats.isFile() || stats.size > 1024 * 1024) continue
    assert.doesNotMatch(await readFile(path, 'latin1'), IN_CLONE, `${name} names the clone`)
  }
})
