import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Artefact } from '../src/artefact.ts'
import { type BuildProgress, buildImages, imageNames } from '../src/index.ts'
import { kernelArtefact } from '../src/kernel.ts'
import { ensureArtefact } from '../src/store.ts'
import { silentContext } from './fixtures/sample-artefact.ts'
import { temporaryHome } from './fixtures/temporary-home.ts'

test('there are recipes for kernel, initrd, scratch drives and each runtime', () => {
  assert.deepEqual(imageNames, ['kernel', 'initrd', 'scratch', 'go', 'node', 'python'])
})

test('an unknown image is refused before anything is built', async () => {
  await using home = await temporaryHome()
  const building = buildImages({ home: home.path, guestPath: '/nowhere', only: ['cobol'] })
  await assert.rejects(building, { code: 'unknown_image', image: 'cobol' })
})

test('the initrd holds the agent, the modules of the kernel, and mount points', async () => {
  await using home = await temporaryHome()
  await storeKernel(home.path)
  const guestPath = await writeGuest(home.path, 'agent one')
  const summaries = await buildImages({ home: home.path, guestPath, only: ['initrd'] })
  assert.deepEqual(
    summaries.map((summary) => summary.name),
    ['kernel', 'initrd'],
  )
  assert.deepEqual(
    await listInitrd(home.path),
    [
      '-rwxr-xr-x init',
      ...['dev', 'image', 'modules', 'newroot', 'proc', 'scratch', 'sys'].map(
        (path) => `drwxr-xr-x ${path}`,
      ),
      '-rw-r--r-- modules/order',
      '-rw-r--r-- modules/order-network',
      '-rw-r--r-- modules/virtio_blk.ko',
    ].toSorted(byPath),
  )
})

test('another agent makes another initrd, the same agent none', async () => {
  await using home = await temporaryHome()
  await storeKernel(home.path)
  const build = async (agent: string) => {
    const guestPath = await writeGuest(home.path, agent)
    const states: string[] = []
    const onProgress = ({ step, state, elapsedMs }: BuildProgress) => {
      assert.ok(elapsedMs >= 0)
      if (state !== 'running') states.push(`${step} ${state}`)
    }
    await buildImages({ home: home.path, guestPath, only: ['initrd'], onProgress })
    return states
  }
  assert.deepEqual(await build('agent one'), ['kernel unchanged', 'initrd built'])
  assert.deepEqual(await build('agent one'), ['kernel unchanged', 'initrd unchanged'])
  assert.deepEqual(await build('agent two'), ['kernel unchanged', 'initrd built'])
  const initrd = await readFile(join(home.path, 'initrd'), 'latin1')
  assert.match(initrd, /agent two/)
})

test('a missing agent is a typed error', async () => {
  await using home = await temporaryHome()
  await storeKernel(home.path)
  const guestPath = join(home.path, 'no-agent')
  await assert.rejects(buildImages({ home: home.path, guestPath, only: ['initrd'] }), {
    code: 'guest_agent_missing',
    path: guestPath,
  })
})

test('one that cannot be built ends the builds beside it, and is the error', async () => {
  await using home = await temporaryHome()
  await storeKernel(home.path)
  const guestPath = join(home.path, 'no-agent')
  const only = ['initrd', 'scratch']
  await assert.rejects(buildImages({ home: home.path, guestPath, only }), {
    code: 'guest_agent_missing',
  })
  const left = await readdir(join(home.path, 'store'))
  assert.deepEqual(
    left.filter((name) => name.startsWith('.')),
    [],
  )
})

/** A kernel as the recipe makes it, but without the network. */
async function storeKernel(home: string): Promise<void> {
  const build: Artefact['build'] = async ({ output }) => {
    await mkdir(join(output, 'modules'))
    await writeFile(join(output, 'vmlinux'), 'a kernel')
    await writeFile(join(output, 'modules', 'virtio_blk.ko'), 'a module')
    await writeFile(join(output, 'modules', 'order'), 'virtio_blk.ko\n')
    await writeFile(join(output, 'modules', 'order-network'), '')
    return { kernel: '6.12' }
  }
  await ensureArtefact(home, { ...kernelArtefact, neededBytes: 0, build }, silentContext)
}

async function writeGuest(home: string, content: string): Promise<string> {
  const path = join(home, 'vulcan-guest')
  await writeFile(path, content)
  return path
}

async function listInitrd(home: string): Promise<string[]> {
  const input = await readFile(join(home, 'initrd'))
  return execFileSync('cpio', ['--list', '--verbose', '--quiet'], { input, encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((line) => `${line.slice(0, 10)} ${line.split(' ').at(-1)}`)
}

function byPath(a: string, b: string): number {
  return a.slice(11) < b.slice(11) ? -1 : 1
}
