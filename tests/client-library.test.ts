import assert from 'node:assert/strict'
import { cp, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { runInNewContext } from 'node:vm'
import { emptyProject, NODE_TYPES } from './support/empty-project.ts'
import { openPretendServer } from './support/pretend-server.ts'

const ROOT = join(import.meta.dirname, '..')

/** What a page does: all that it has of Node is nothing. */
const PAGE = `
import { ApiError, Vulcan } from '@vulcan/client'

declare const url: string
declare function show(text: string): void

const vulcan = new Vulcan({ url })
const result = await vulcan.run('print("in a page")', { onStdout: (bytes) => show(\`\${bytes.length}\`) })
show(result.stdout)
const refused = await vulcan.get('01J00000000000000000000000').catch((error: unknown) => error)
show(refused instanceof ApiError ? refused.code : String(refused))
`

test('the client is installed into an empty project, checked by types, and its examples run', async (t) => {
  await using server = await openPretendServer()
  const project = await emptyProject(t, 'vulcan-client.tgz')
  const examples = join(project.directory, 'node_modules/@vulcan/client/examples')
  await cp(examples, join(project.directory, 'examples'), { recursive: true })
  const outputs: string[] = []
  for (const name of (await readdir(examples)).sort()) {
    await project.checkTypes(`examples/${name}`, ...NODE_TYPES)
    const env = { VULCAN_API_URL: server.url }
    const { stdout } = await project.run(process.execPath, [`examples/${name}`], env)
    outputs.push(stdout)
  }
  assert.deepEqual(
    outputs.map((output) => output.split('\n')[0]),
    ['0 hello', 'I go on', 'it is image'],
  )
})

test('the client is bundled for a browser, and runs where nothing of Node is', async (t) => {
  await using server = await openPretendServer()
  const project = await emptyProject(t, 'vulcan-client.tgz')
  await writeFile(join(project.directory, 'page.ts'), PAGE)
  await project.checkTypes('page.ts', '--lib', 'esnext,dom', '--types', '')
  const forBrowsers = ['--bundle', '--platform=browser', '--format=esm', '--outfile=page.js']
  await project.run(join(ROOT, 'node_modules/.bin/esbuild'), ['page.ts', ...forBrowsers])
  const code = await readFile(join(project.directory, 'page.js'), 'utf8')
  assert.doesNotMatch(code, /from "node:|require\(|\bBuffer\b/)

  const shown: string[] = []
  const web = {
    fetch,
    AbortController,
    AbortSignal,
    TextEncoder,
    TextDecoder,
    URL,
    URLSearchParams,
  }
  const timers = { setTimeout, clearTimeout, performance, crypto, atob, btoa, ReadableStream }
  const page = { url: server.url, show: (text: string) => shown.push(text), Uint8Array }
  await runInNewContext(`(async () => {${code}})()`, { ...web, ...timers, ...page })
  assert.deepEqual(shown, ['10', 'in a page\n', 'workload_unknown'])
})
