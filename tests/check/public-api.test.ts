import assert from 'node:assert/strict'
import { glob, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { PUBLIC_API } from './public-api.ts'

const PACKAGES = join(import.meta.dirname, '../../packages')
const COMMENTS = /\/\*[\s\S]*?\*\/|\/\/.*/g
const EXPORT_LIST = /export (?<type>type )?\{(?<list>[^}]*)\} from '\.[^']*'/g

/** The files that other packages may import: package.json's `exports`. */
async function entryPoints(): Promise<string[]> {
  const found: string[] = []
  for await (const manifest of glob('*/package.json', { cwd: PACKAGES })) {
    const { exports = {} } = JSON.parse(await readFile(join(PACKAGES, manifest), 'utf8'))
    found.push(...Object.values<string>(exports).map((path) => join(manifest, '..', path)))
  }
  return found.sort()
}

/** What an entry point exports. It may hold nothing but lists of names, so that all are seen here. */
function exportedNames(source: string): string[] {
  const names: string[] = []
  const rest = source
    .replace(COMMENTS, '')
    .replace(EXPORT_LIST, (_all, type = '', list: string) => {
      const items = list.split(',').map((item) => item.trim())
      names.push(...items.filter(Boolean).map((item) => type + item))
      return ''
    })
  assert.equal(rest.trim(), '', 'an entry point is made of `export { … } from` alone')
  return names.sort()
}

test('every entry point of a package is listed, and no other', async () => {
  assert.deepEqual(Object.keys(PUBLIC_API).sort(), await entryPoints())
})

for (const [entryPoint, listed] of Object.entries(PUBLIC_API)) {
  test(`packages/${entryPoint} exports what is listed, and nothing else`, async () => {
    const source = await readFile(join(PACKAGES, entryPoint), 'utf8')
    assert.deepEqual(exportedNames(source), [...listed].sort())
  })
}
