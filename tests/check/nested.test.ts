import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { runProgram } from './run-program.ts'
import { temporaryDirectory } from './temporary-directory.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const MAIN = join(ROOT, 'tests/nested/main.ts')

const testNested = (...args: string[]) => runProgram(process.execPath, [MAIN, ...args], ROOT)

for (const [name, args] of [
  ['FIRECRACKER', []],
  ['FIRECRACKER', ['', '/bin/true']],
  ['JAILER', ['/bin/true', '']],
] as const) {
  test(`without ${name}, given ${JSON.stringify(args)}, test-nested says where it is to be had`, async () => {
    const { code, output } = await testNested(...args)
    assert.match(output, new RegExp(`^test-nested: ${name} is not given\n`))
    assert.match(output, /make test-nested FIRECRACKER=path JAILER=path/)
    assert.match(output, /curl .*\/firecracker-v[\d.]+-x86_64\.tgz\n +echo '[\da-f]{64} /)
    assert.equal(code, 2)
  })
}

test('a Firecracker that is no program is named, before anything is made', async (t) => {
  const path = join(await temporaryDirectory(t), 'firecracker')
  await writeFile(path, 'text')
  const { code, output } = await testNested(path, '/bin/true')
  assert.match(output, new RegExp(`^test-nested: FIRECRACKER is ${path}, which is no program\n`))
  assert.equal(code, 2)
})

test('a part that is in no path is answered with the paths there are', async () => {
  const { code, output } = await testNested('/bin/true', '/bin/true', 'no/such/file')
  assert.match(output, /^test-nested: no path of these contains "no\/such\/file":\n/)
  assert.match(output, /\n {2}tests\/vm\/program\.test\.ts\n/)
  assert.equal(code, 1)
})
