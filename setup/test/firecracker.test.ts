import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { FirecrackerDownloadError, installFirecracker } from '../src/steps/firecracker.ts'
import { temporaryDirectory } from './temporary-directory.ts'

const context = { signal: new AbortController().signal, report: () => undefined }

/** An archive laid out as the official one, behind a URL that needs no network. */
async function release(t: TestContext): Promise<{ url: string; sha256: string; parent: string }> {
  const parent = await temporaryDirectory(t)
  const inside = join(parent, 'release-v1.16.1-x86_64')
  await mkdir(inside)
  for (const name of ['firecracker', 'jailer']) {
    await writeFile(join(inside, `${name}-v1.16.1-x86_64`), `#!/bin/sh\necho ${name}\n`, {
      mode: 0o755,
    })
  }
  const archive = join(parent, 'release.tgz')
  execFileSync('tar', ['-czf', archive, '-C', parent, 'release-v1.16.1-x86_64'])
  const sha256 = createHash('sha256')
    .update(await readFile(archive))
    .digest('hex')
  return { url: pathToFileURL(archive).href, sha256, parent }
}

test('the programs of the release are installed under their plain names', async (t) => {
  const source = await release(t)
  const directory = join(source.parent, 'tools/firecracker')
  await installFirecracker(directory, source, context)
  assert.deepEqual((await readdir(directory)).sort(), ['firecracker', 'jailer'])
  assert.equal(execFileSync(join(directory, 'jailer'), { encoding: 'utf8' }), 'jailer\n')
})

test('an archive with another checksum is refused, and nothing is installed', async (t) => {
  const source = await release(t)
  const directory = join(source.parent, 'tools/firecracker')
  await assert.rejects(
    installFirecracker(directory, { ...source, sha256: '0'.repeat(64) }, context),
    FirecrackerDownloadError,
  )
  assert.equal(existsSync(directory), false)
})

test('a machine without curl is told that', async (t) => {
  const source = await release(t)
  const { PATH } = process.env
  t.after(() => {
    process.env['PATH'] = PATH
  })
  process.env['PATH'] = source.parent
  await assert.rejects(
    installFirecracker(join(source.parent, 'tools/firecracker'), source, context),
    (error: unknown) =>
      error instanceof FirecrackerDownloadError &&
      /is not installed: "curl .*" could not be started: spawn curl ENOENT\. Until/.test(
        error.message,
      ),
  )
})

test('a download that fails says what to do', async (t) => {
  const source = await release(t)
  const directory = join(source.parent, 'tools/firecracker')
  const url = pathToFileURL(join(source.parent, 'missing.tgz')).href
  await assert.rejects(
    installFirecracker(directory, { ...source, url }, context),
    (error: unknown) =>
      error instanceof FirecrackerDownloadError && /put firecracker and jailer/.test(error.message),
  )
})
