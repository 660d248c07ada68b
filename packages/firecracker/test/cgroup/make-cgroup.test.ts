import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import {
  CgroupError,
  type CgroupParent,
  cgroupPaths,
  makeCgroup,
  removeCgroup,
} from '../../src/index.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const LIMITS = { memoryBytesMax: 64 * 1024 ** 2, cpusMax: 1.5, pidsMax: 33 }

/** Directories that stand for hierarchies: in them files are just files. */
function hierarchies(root: string): CgroupParent {
  const paths = { memory: 'memory/own/vm', cpu: 'cpu,cpuacct/vm', pids: 'pids/vm' }
  const mounts = { memory: 'memory', cpu: 'cpu,cpuacct', pids: 'pids' }
  const below = <T extends Record<string, string>>(names: T) =>
    Object.fromEntries(
      Object.entries(names).map(([key, name]) => [key, join(root, name)]),
    ) as unknown as CgroupParent['paths']
  return { version: 1, paths: below(paths), mounts: below(mounts) }
}

test('with version 1 each hierarchy has its limit', async () => {
  using directory = temporaryDirectory()
  const parent = hierarchies(directory.path)
  await makeCgroup(parent, 'vm-1', LIMITS)
  const value = (path: string) => readFileSync(join(directory.path, path), 'utf8')
  assert.equal(value('memory/own/vm/vm-1/memory.limit_in_bytes'), '67108864')
  assert.equal(value('cpu,cpuacct/vm/vm-1/cpu.cfs_period_us'), '100000')
  assert.equal(value('cpu,cpuacct/vm/vm-1/cpu.cfs_quota_us'), '150000')
  assert.equal(value('pids/vm/vm-1/pids.max'), '33')
  assert.equal(cgroupPaths(parent, 'vm-1').length, 3)
})

test('with version 2 controllers are given from the root down, and only where they are missing', async () => {
  using directory = temporaryDirectory()
  const mount = directory.path
  const path = join(mount, 'system.slice/vulcan')
  mkdirSync(path, { recursive: true })
  writeFileSync(join(mount, 'cgroup.subtree_control'), 'cpu memory pids io\n')
  writeFileSync(join(mount, 'system.slice/cgroup.subtree_control'), 'memory\n')
  writeFileSync(join(path, 'cgroup.subtree_control'), '\n')
  const everywhere = (value: string) => ({ memory: value, cpu: value, pids: value })
  const parent = { version: 2, paths: everywhere(path), mounts: everywhere(mount) } as const
  await makeCgroup(parent, 'vm-1', LIMITS)
  const value = (name: string) => readFileSync(join(mount, name), 'utf8')
  assert.equal(value('cgroup.subtree_control'), 'cpu memory pids io\n')
  assert.equal(value('system.slice/cgroup.subtree_control'), '+cpu +pids')
  assert.equal(value('system.slice/vulcan/cgroup.subtree_control'), '+memory +cpu +pids')
  assert.equal(value('system.slice/vulcan/vm-1/memory.max'), '67108864')
  assert.equal(value('system.slice/vulcan/vm-1/cpu.max'), '150000 100000')
  assert.equal(value('system.slice/vulcan/vm-1/pids.max'), '33')
  assert.deepEqual(cgroupPaths(parent, 'vm-1'), [join(path, 'vm-1')])
})

test('a cgroup that is there already is nobody else to share', async () => {
  using directory = temporaryDirectory()
  const parent = hierarchies(directory.path)
  mkdirSync(join(parent.paths.pids, 'vm-1'), { recursive: true })
  await assert.rejects(makeCgroup(parent, 'vm-1', LIMITS), (error: unknown) => {
    return error instanceof CgroupError && error.code === 'cgroup_failed'
  })
})

test('a cgroup is removed, one that is gone is no error, and one that stays is', async () => {
  using directory = temporaryDirectory()
  const path = join(directory.path, 'vm-1')
  mkdirSync(path)
  await removeCgroup(path)
  assert.equal(existsSync(path), false)
  await removeCgroup(path)
  mkdirSync(join(path, 'child'), { recursive: true })
  await assert.rejects(removeCgroup(path), (error: unknown) => {
    return error instanceof CgroupError && error.code === 'cgroup_failed'
  })
})
