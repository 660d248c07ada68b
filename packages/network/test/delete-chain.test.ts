import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { type NetworkResource, releaseNetworkResource } from '../src/index.ts'

/** A chain of one plugin, which does these lines of a shell in a directory of its own. */
async function chainOf(t: TestContext, ...lines: readonly string[]) {
  const directory = await mkdtemp(join(tmpdir(), 'vulcan-cni-'))
  t.after(() => rm(directory, { recursive: true }))
  const script = ['#!/bin/sh', `cd '${directory}' || exit 1`, ...lines, ''].join('\n')
  await writeFile(join(directory, 'plugin'), script, { mode: 0o755 })
  const resource: Extract<NetworkResource, { kind: 'cni' }> = {
    kind: 'cni',
    containerId: 'container',
    netnsPath: '/run/netns/none',
    binDirs: [directory],
    args: '',
    conflist: { cniVersion: '1.0.0', name: 'test', plugins: [{ type: 'plugin' }] },
  }
  return { directory, resource }
}

test('a DEL under way is finished though the process that wants it dies', async (t) => {
  const { directory, resource } = await chainOf(
    t,
    'echo begun >up',
    'read -r go <go',
    'echo $go >done',
  )
  for (const fifo of ['up', 'go', 'done']) execFileSync('mkfifo', [join(directory, fifo)])
  const releasing = join(directory, 'release.mts')
  const entry = join(import.meta.dirname, '../src/index.ts')
  await writeFile(
    releasing,
    `import { releaseNetworkResource } from ${JSON.stringify(entry)}
     await releaseNetworkResource(${JSON.stringify(resource)})`,
  )
  const owner = spawn(process.execPath, [releasing], { stdio: 'ignore' })
  assert.equal(await readFile(join(directory, 'up'), 'utf8'), 'begun\n')
  owner.kill('SIGKILL')
  await once(owner, 'exit')
  await using go = await open(join(directory, 'go'), 'w')
  await go.write('on\n')
  assert.equal(await readFile(join(directory, 'done'), 'utf8'), 'on\n')
})

test('a plugin whose first DEL fails is asked a second time', async (t) => {
  const { directory, resource } = await chainOf(t, 'mkdir first && exit 1', 'touch second')
  await releaseNetworkResource(resource)
  assert.equal(existsSync(join(directory, 'second')), true)
})

test('a name without a namespace is not shown to a plugin', async (t) => {
  const { directory, resource } = await chainOf(t, 'echo "netns: $CNI_NETNS" >seen')
  const netnsPath = join(directory, 'left')
  await writeFile(netnsPath, '')
  await releaseNetworkResource({ ...resource, netnsPath })
  assert.equal(await readFile(join(directory, 'seen'), 'utf8'), 'netns: \n')
  await releaseNetworkResource({ ...resource, netnsPath: '/proc/self/ns/net' })
  assert.equal(await readFile(join(directory, 'seen'), 'utf8'), 'netns: /proc/self/ns/net\n')
})

test('a plugin whose second DEL fails too is told, with its words', async (t) => {
  const { resource } = await chainOf(
    t,
    `echo '{"cniVersion":"1.0.0","code":11,"msg":"out of order"}'`,
    'exit 1',
  )
  await assert.rejects(releaseNetworkResource(resource), {
    code: 'cni_failed',
    message: 'DEL of the CNI plugin plugin failed: out of order (code 11)',
  })
})
