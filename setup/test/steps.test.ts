import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stepsFor } from '../src/steps.ts'
import { temporaryDirectory } from './temporary-directory.ts'

async function namesFor(target: string, home: string): Promise<string[]> {
  return (await stepsFor(target, home)).map(({ name }) => name)
}

test('what is installed comes without images: a container that builds it may make no namespaces', async (t) => {
  const home = await temporaryDirectory(t)
  const images = 'kernel, initrd and images'
  const installed = await namesFor('install', home)
  assert.ok(!installed.includes(images))
  const demo = await namesFor('demo', home)
  assert.ok(demo.includes(images))
  assert.deepEqual(
    installed,
    demo.filter((name) => name !== images),
    'it has all else that a demo has',
  )
})

test('the tests have the libraries, too, and those on real Firecracker a host and its QEMU', async (t) => {
  const home = await temporaryDirectory(t)
  const demo = await namesFor('demo', home)
  const more = async (target: string) =>
    (await namesFor(target, home)).filter((name) => !demo.includes(name))
  assert.deepEqual(await more('test'), ['library @vulcan/firecracker', 'library @vulcan/client'])
  assert.deepEqual(await more('test-nested'), [
    'library @vulcan/firecracker',
    'library @vulcan/client',
    'host of nested tests',
    'QEMU for the host of nested tests',
  ])
})
