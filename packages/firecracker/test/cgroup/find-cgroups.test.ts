import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { chooseCgroupParent } from '../../src/cgroup/find-cgroups.ts'
import { CgroupError } from '../../src/index.ts'
import { parseMountinfo } from '../../src/mounts.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const V1 = [
  '30 20 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755',
  '31 30 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct',
  '32 30 0:30 /docker/abc /sys/fs/cgroup/memory rw shared:9 - cgroup cgroup rw,memory',
  '33 30 0:31 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids',
].join('\n')
const OWN_V1 = '4:cpu,cpuacct:/\n3:memory:/docker/abc/me\n2:pids:/user/me\n0::/\n'

/** The root of a hierarchy of version 2 that offers these controllers. */
function unified(path: string, controllers: string): string {
  mkdirSync(path, { recursive: true })
  writeFileSync(join(path, 'cgroup.controllers'), `${controllers}\n`)
  return `40 20 0:40 / ${path} rw - cgroup2 cgroup2 rw`
}

test('with version 1 the parent is below our own cgroup, also where only a part is mounted', async () => {
  const parent = await chooseCgroupParent(parseMountinfo(V1), OWN_V1, 'vulcan')
  assert.deepEqual(parent, {
    version: 1,
    paths: {
      memory: '/sys/fs/cgroup/memory/me/vulcan',
      cpu: '/sys/fs/cgroup/cpu,cpuacct/vulcan',
      pids: '/sys/fs/cgroup/pids/user/me/vulcan',
    },
    mounts: {
      memory: '/sys/fs/cgroup/memory',
      cpu: '/sys/fs/cgroup/cpu,cpuacct',
      pids: '/sys/fs/cgroup/pids',
    },
  })
})

test('with version 2 the parent is beside our own cgroup, and below the root', async () => {
  using directory = temporaryDirectory()
  const mounts = parseMountinfo(unified(directory.path, 'cpuset cpu io memory pids'))
  const own = '0::/system.slice/vulcan.service/host\n'
  const inUnit = await chooseCgroupParent(mounts, own, 'vulcan')
  assert.equal(inUnit.version, 2)
  assert.equal(inUnit.paths.memory, join(directory.path, 'system.slice/vulcan.service/vulcan'))
  const atRoot = await chooseCgroupParent(mounts, '0::/\n', 'vulcan')
  assert.equal(atRoot.paths.pids, join(directory.path, 'vulcan'))
})

test('a version 2 without the controllers leaves version 1, and without that nothing', async () => {
  using directory = temporaryDirectory()
  const hybrid = unified(directory.path, 'hugetlb')
  const mounts = parseMountinfo(`${hybrid}\n${V1}`)
  assert.equal((await chooseCgroupParent(mounts, OWN_V1, 'vulcan')).version, 1)
  await assert.rejects(
    chooseCgroupParent(parseMountinfo(hybrid), OWN_V1, 'x'),
    (error: unknown) => {
      return error instanceof CgroupError && error.code === 'cgroup_unavailable'
    },
  )
})

test('paths of mounts are read as they were written', () => {
  const [mount] = parseMountinfo('7 1 8:1 /a\\040b /x\\134y rw,nodev - ext4 /dev/sda1 rw')
  assert.deepEqual(
    { root: mount?.root, path: mount?.path, options: mount?.options, type: mount?.type },
    { root: '/a b', path: '/x\\y', options: ['rw', 'nodev'], type: 'ext4' },
  )
})
