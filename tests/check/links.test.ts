import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { glob, readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { test } from 'node:test'

const ROOT = resolve(import.meta.dirname, '../..')
const DOCUMENTS = ['*.md', 'docs/*.md', 'packages/*/README.md']

/** As GitHub names a heading: lower case, without punctuation, hyphens for spaces. */
function anchorsOf(text: string): string[] {
  const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => heading)
  return headings.map((heading) => {
    return heading
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, '')
      .replaceAll(' ', '-')
  })
}

for (const document of await Array.fromAsync(glob(DOCUMENTS, { cwd: ROOT }))) {
  test(`every link in ${document} leads somewhere`, async () => {
    const text = await readFile(resolve(ROOT, document), 'utf8')
    for (const [, link = ''] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^https?:/.test(link)) continue
      const [path = '', anchor] = link.split('#')
      const target = path === '' ? document : resolve(ROOT, dirname(document), path)
      const file = resolve(ROOT, target)
      assert.ok(existsSync(file), `${link} leads nowhere`)
      if (anchor === undefined) continue
      assert.ok(
        anchorsOf(await readFile(file, 'utf8')).includes(anchor),
        `${link}: no such heading`,
      )
    }
  })
}
