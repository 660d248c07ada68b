import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { test } from 'node:test'
import { copyOut, makeDrives, repair, withSystemPrograms } from '../nested/drives.ts'
import { nestedFiles, partsOf } from '../nested/files.ts'
import { makeRunDirectory } from '../nested/run-directory.ts'
import type { Command } from '../nested/task.ts'
import { runProgram } from './run-program.ts'
import { temporaryDirectory } from './temporary-directory.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const MAIN = join(ROOT, 'tests/nested/main.ts')

const testNested = (...args: string[]) =>
  runProgram(process.execPath, [MAIN, 'test-nested', ...args], ROOT)

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

test('the benchmark needs the same programs, and says how it is called', async () => {
  const { code, output } = await runProgram(process.execPath, [MAIN, 'bench-nested'], ROOT)
  assert.match(output, /^bench-nested: FIRECRACKER is not given\n/)
  assert.match(output, /\n {2}make bench-nested FIRECRACKER=path JAILER=path \[BENCH=/)
  assert.match(output, /\n {2}make bench-nested FIRECRACKER=release-v/)
  assert.equal(code, 2)
})

test('a Firecracker that is no program is named, before anything is made', async (t) => {
  const path = join(await temporaryDirectory(t), 'firecracker')
  await writeFile(path, 'text')
  const { code, output } = await testNested(path, '/bin/true')
  assert.match(output, new RegExp(`^test-nested: FIRECRACKER is ${path}, which is no program\n`))
  assert.equal(code, 2)
})

test('a part that is in no path is answered with the paths there are', async () => {
  const { code, output } = await testNested('/bin/true', '/bin/true', 'no/such/file')
  assert.match(output, /^test-nested: none of these contains "no\/such\/file":\n/)
  assert.match(output, /\n {2}without jailer: tests\/vm\/program\.test\.ts\n/)
  assert.match(output, /\n {2}with jailer: tests\/vm\/program\.test\.ts\n/)
  assert.equal(code, 1)
})

test('every test file runs once in each of its settings, and what fills a machine runs alone', async () => {
  const all = await nestedFiles(ROOT, '')
  const parts = partsOf(all)
  assert.equal(new Set(parts.flat()).size, all.unjailed.length + all.jailed.length)
  assert.equal(parts.flat().length, all.unjailed.length + all.jailed.length)
  const withCrowd = parts.filter((names) => names.some((name) => name.includes('at-once')))
  assert.deepEqual(withCrowd, [
    ['without jailer: tests/vm/at-once.test.ts'],
    ['with jailer: tests/vm/at-once.test.ts'],
  ])
})

test('what a run left that was killed is removed by the next one, and no other', async (t) => {
  const parent = await temporaryDirectory(t)
  const gone = spawnSync('true')
  for (const name of [
    `nested-run-${gone.pid}-a`,
    'nested-host-1',
    `nested-run-${process.ppid}-b`,
  ]) {
    await mkdir(join(parent, name))
  }
  await using made = await makeRunDirectory(parent)
  const names = [basename(made.path), 'nested-host-1', `nested-run-${process.ppid}-b`]
  assert.deepEqual((await readdir(parent)).sort(), names.sort())
})

test('the drives hold the tree with the programs themselves, and the images without copies', async (t) => {
  const directory = await temporaryDirectory(t)
  const [root, home] = [join(directory, 'clone'), join(directory, 'home')]
  const files = {
    'clone/packages/a.ts': 'a',
    'clone/dist/vulcan.mjs': 'bundle',
    'clone/dist/cargo-target/large': 'left out',
    'clone/bin/vulcan': 'wrapper',
    'clone/node_modules/module.js': 'module',
    'home/native/vulcan-launch': 'launcher',
    'home/store/kernel-1/vmlinux': 'kernel',
    'home/store/initrd-1/initrd': 'initrd',
    'home/store/python-1/python.ext4': 'image',
    'home/store/python-0/python.ext4': 'an older image',
    'given/firecracker': 'firecracker',
    'given/jailer': 'jailer',
  }
  for (const [path, content] of Object.entries(files)) await write(join(directory, path), content)
  for (const [path, target] of Object.entries({
    'clone/dist/libexec/vulcan-launch': join(home, 'native/vulcan-launch'),
    'clone/dist/libexec/vulcan-vmm': join(root, 'bin/vulcan'),
    'home/vmlinux': 'store/kernel-1/vmlinux',
    'home/initrd': 'store/initrd-1/initrd',
    'home/rootfs/python.ext4': '../store/python-1/python.ext4',
  })) {
    await mkdir(join(directory, path, '..'), { recursive: true })
    await symlink(target, join(directory, path))
  }
  const run = join(directory, 'run')
  await mkdir(run)
  const firecracker = join(directory, 'given/firecracker')
  const jailer = join(directory, 'given/jailer')
  const parts: Command[] = [
    ['run.ts', 'vm/go,vm/node'],
    ['run.ts', 'vm/archive'],
  ]
  const tree = { root, home, firecracker, jailer, parts }
  const drives = await makeDrives(tree, run, AbortSignal.timeout(60_000))
  assert.deepEqual(
    drives.map((drive) => basename(drive)),
    ['tree.ext4', 'node_modules.ext4', 'images.ext4', 'work.ext4'],
  )
  const [inTree, inModules, inImages] = drives.map((drive) => (path: string) => read(drive, path))
  assert.equal(inTree?.('/packages/a.ts'), 'a')
  assert.equal(inTree?.('/dist/vulcan.mjs'), 'bundle')
  assert.equal(inTree?.('/dist/libexec/vulcan-launch'), 'launcher')
  assert.equal(inTree?.('/dist/libexec/firecracker'), 'firecracker')
  assert.equal(inTree?.('/nested-parts'), 'run.ts\tvm/go,vm/node\nrun.ts\tvm/archive\n')
  assert.equal(inTree?.('/dist/cargo-target/large'), '')
  assert.equal(inModules?.('/module.js'), 'module')
  assert.equal(inImages?.('/store/python-1/python.ext4'), 'image')
  assert.equal(inImages?.('/store/python-0/python.ext4'), '')
})

test('what a host left in the tree comes out of it as it is', async (t) => {
  const directory = await temporaryDirectory(t)
  const drive = join(directory, 'drive')
  await write(join(directory, 'tree/dist/bench/plots/a.svg'), 'plot')
  const made = spawnSync('mke2fs', ['-q', '-d', join(directory, 'tree'), drive, '8M'], {
    env: withSystemPrograms(),
  })
  assert.equal(made.status, 0)
  const to = join(directory, 'to')
  await mkdir(to)
  await copyOut(drive, '/dist/bench', to, AbortSignal.timeout(60_000))
  assert.equal(await readFile(join(to, 'bench/plots/a.svg'), 'utf8'), 'plot')
  await assert.rejects(
    copyOut(drive, '/dist/none', to, AbortSignal.timeout(60_000)),
    /none does not come out: .*not found/s,
  )
})

test('a drive whose host ended in the midst of its work is brought in order, and keeps its files', async (t) => {
  const directory = await temporaryDirectory(t)
  const [tree, drive] = [join(directory, 'tree'), join(directory, 'drive')]
  const env = withSystemPrograms()
  await write(join(tree, 'dist/a.svg'), 'plot')
  assert.equal(spawnSync('mke2fs', ['-q', '-d', tree, drive, '8M'], { env }).status, 0)
  const damage = ['-w', '-R', 'freei dist/a.svg', drive]
  assert.equal(spawnSync('debugfs', damage, { env }).status, 0)
  const check = () => spawnSync('e2fsck', ['-f', '-n', drive], { env }).status
  assert.equal(check(), 4)
  await repair(drive, AbortSignal.timeout(60_000))
  assert.equal(check(), 0)
  assert.equal(read(drive, '/dist/a.svg'), 'plot')
  await writeFile(drive, 'no file system')
  await assert.rejects(repair(drive, AbortSignal.timeout(60_000)), /e2fsck/)
})

async function write(path: string, content: string): Promise<void> {
  await mkdir(join(path, '..'), { recursive: true })
  await writeFile(path, content, { mode: 0o755 })
}

/** A file in an ext4 that is not mounted; nothing where there is none. */
function read(drive: string, path: string): string {
  const env = withSystemPrograms()
  return spawnSync('debugfs', ['-R', `cat ${path}`, drive], { encoding: 'utf8', env }).stdout
}
