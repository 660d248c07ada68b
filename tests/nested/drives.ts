import { execFile } from 'node:child_process'
import {
  chmod,
  copyFile,
  cp,
  glob,
  link,
  mkdir,
  readdir,
  realpath,
  stat,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises'
import { basename, dirname, join, relative } from 'node:path'
import { promisify } from 'node:util'
import type { Command } from './task.ts'

const run = promisify(execFile)
const BLOCK_BYTES = 4096
const INODE_BYTES = 256
const WORK_GIB = 32

/** What a nested host works with. */
export interface NestedTree {
  /** The clone, with its bundles and programs in `dist`. */
  readonly root: string
  /** VULCAN_HOME, with kernel, initrd and images. */
  readonly home: string
  readonly firecracker: string
  readonly jailer: string
  /** What is run there, one of them in each host. */
  readonly parts: readonly Command[]
}

/**
 * Makes the drives of a nested host in `directory`, in the order in which its initrd mounts them
 * after its own disk: the tree, its node_modules, the images, and room to work in.
 */
export async function makeDrives(
  tree: NestedTree,
  directory: string,
  signal: AbortSignal,
): Promise<string[]> {
  const staged = join(directory, 'tree')
  await stageTree(tree, staged)
  const images = join(directory, 'images')
  await stageImages(tree.home, images)
  const drive = (name: string) => join(directory, `${name}.ext4`)
  await makeFilled(drive('tree'), staged, signal)
  await makeFilled(drive('node_modules'), join(tree.root, 'node_modules'), signal)
  await makeFilled(drive('images'), images, signal)
  await makeEmpty(drive('work'), signal)
  return ['tree', 'node_modules', 'images', 'work'].map(drive)
}

/** Sources, bundles (newer than the sources), and the programs themselves where a clone has links. */
async function stageTree(tree: NestedTree, staged: string): Promise<void> {
  const { root } = tree
  const left = new Set(['.git', 'node_modules', 'dist', 'native'].map((name) => join(root, name)))
  await cp(root, staged, {
    recursive: true,
    preserveTimestamps: true,
    verbatimSymlinks: true,
    filter: (source) => !left.has(source),
  })
  await mkdir(join(staged, 'node_modules'))
  await mkdir(join(staged, 'dist/libexec'), { recursive: true })
  await mkdir(join(staged, 'dist/chunks'))
  for await (const bundle of glob(['dist/*.mjs', 'dist/chunks/*.mjs'], { cwd: root })) {
    await copyFile(join(root, bundle), join(staged, bundle))
  }
  const programs = new Map<string, string>()
  const libexec = join(root, 'dist/libexec')
  for (const name of await readdir(libexec)) programs.set(name, await realpath(join(libexec, name)))
  programs.set('firecracker', tree.firecracker).set('jailer', tree.jailer)
  for (const [name, path] of programs) {
    await stageProgram(root, path, join(staged, 'dist/libexec', name))
  }
  const lines = tree.parts.map((command) => `${command.join('\t')}\n`)
  await writeFile(join(staged, 'nested-parts'), lines.join(''))
}

/** One that is a script of the clone finds the clone through its link. */
async function stageProgram(root: string, path: string, staged: string): Promise<void> {
  const inClone = relative(root, path)
  if (!inClone.startsWith('..')) return symlink(join('../..', inClone), staged)
  await copyFile(path, staged)
  await chmod(staged, 0o755)
}

/** VULCAN_HOME with nothing but the images in use, as links to the same files. */
async function stageImages(home: string, staged: string): Promise<void> {
  await mkdir(join(staged, 'rootfs'), { recursive: true })
  const links = ['vmlinux', 'initrd', ...(await readdir(join(home, 'rootfs'))).map(inRootfs)]
  for (const name of links) {
    const file = await realpath(join(home, name))
    const artefact = join('store', basename(dirname(file)))
    await mkdir(join(staged, artefact), { recursive: true })
    for (const entry of await readdir(dirname(file), { withFileTypes: true })) {
      if (!entry.isFile()) continue
      await link(join(entry.parentPath, entry.name), join(staged, artefact, entry.name))
    }
    const target = join(artefact, basename(file))
    await symlink(relative(dirname(name), target), join(staged, name))
  }
}

const inRootfs = (name: string) => join('rootfs', name)

/** An ext4 that holds a directory, and little more. */
async function makeFilled(drive: string, directory: string, signal: AbortSignal): Promise<void> {
  let [blocks, inodes] = [0, 64]
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    const { size } = entry.isFile() ? await stat(join(entry.parentPath, entry.name)) : { size: 1 }
    blocks += Math.ceil(size / BLOCK_BYTES)
    inodes += 1
  }
  blocks += Math.ceil((inodes * INODE_BYTES) / BLOCK_BYTES) + Math.ceil(blocks / 64) + 4096
  await makeExt4(drive, ['-N', String(inodes), '-d', directory], blocks, signal)
}

async function makeEmpty(drive: string, signal: AbortSignal): Promise<void> {
  await makeExt4(drive, [], (WORK_GIB * 1024 ** 3) / BLOCK_BYTES, signal)
}

async function makeExt4(
  drive: string,
  options: readonly string[],
  blocks: number,
  signal: AbortSignal,
): Promise<void> {
  await writeFile(drive, '')
  await truncate(drive, blocks * BLOCK_BYTES)
  const format = ['-q', '-F', '-t', 'ext4', '-b', String(BLOCK_BYTES), '-I', String(INODE_BYTES)]
  const plain = ['-O', '^has_journal', '-m', '0', '-E', 'root_owner=0:0,lazy_itable_init=1']
  await run('mke2fs', [...format, ...plain, ...options, drive], {
    signal,
    env: withSystemPrograms(),
  })
}

/** Brings a drive in order whose host may have ended in the midst of its work. */
export async function repair(drive: string, signal: AbortSignal): Promise<void> {
  try {
    await run('e2fsck', ['-f', '-y', drive], { signal, env: withSystemPrograms() })
  } catch (error) {
    // Errors that it has corrected (e2fsck(8)).
    if ((error as { code?: unknown }).code !== 1) throw error
  }
}

/** Copies a directory of a drive that no host uses any more, with its name, into another one. */
export async function copyOut(
  drive: string,
  from: string,
  to: string,
  signal: AbortSignal,
): Promise<void> {
  const args = ['-R', `rdump "${from}" "${to}"`, drive]
  const { stderr } = await run('debugfs', args, { signal, env: withSystemPrograms() })
  // It exits with 0 whatever happened.
  const names = await readdir(to)
  if (!names.includes(basename(from))) throw new Error(`${from} does not come out: ${stderr}`)
}

/** An environment in which the programs for file systems are found, whoever it is of. */
export const withSystemPrograms = () => ({
  ...process.env,
  PATH: `${process.env['PATH']}:/usr/sbin:/sbin`,
})
