import assert from 'node:assert/strict'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Source } from '../src/source.ts'
import { silentContext } from './fixtures/sample-artefact.ts'
import { temporaryHome } from './fixtures/temporary-home.ts'

const source: Source = {
  manager: 'npm',
  package: 'some-program',
  version: '1.2.3',
  integrity: 'sha512-pinned',
}

/** Fetches with a shell script in the place of npm. */
async function fetchWith(home: string, npm: string): Promise<string> {
  const bin = join(home, 'bin')
  await mkdir(bin)
  await writeFile(join(bin, 'npm'), `#!/bin/sh\n${npm}\n`, { mode: 0o755 })
  process.env['PATH'] = `${bin}:${process.env['PATH']}`
  // Programs are looked for where PATH led when this was loaded first.
  const { fetchSource } = await import('../src/source.ts')
  const directory = join(home, 'source')
  await fetchSource(source, { directory, work: join(home, 'work') }, silentContext)
  return directory
}

test('npm installs a package from a lock file with the pinned hash, and only the package stays', async () => {
  await using home = await temporaryHome()
  const directory = await fetchWith(
    home.path,
    'mkdir -p node_modules/some-program && cp package-lock.json node_modules/some-program',
  )
  const lock = JSON.parse(await readFile(join(directory, 'package-lock.json'), 'utf8'))
  assert.deepEqual(lock.packages['node_modules/some-program'], {
    version: '1.2.3',
    integrity: 'sha512-pinned',
  })
  assert.deepEqual(lock.packages[''].dependencies, { 'some-program': '1.2.3' })
  assert.deepEqual((await readdir(home.path)).toSorted(), ['bin', 'source'])
})
