import {
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readlink,
  realpath,
  rm,
  symlink,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { hasErrno } from '@vulcan/schema'
import { ownEnvironment } from './own-environment.ts'

/** Directories of the benchmark's own for a host, with the images of this machine, or of the environment, in them. */
export interface OwnPlace extends AsyncDisposable {
  /** Has `vmlinux`, `initrd` and `rootfs`: whoever reads them here has what the host has. */
  readonly homeDir: string
  readonly runDir: string
  /** The environment that makes a host use them. */
  readonly env: NodeJS.ProcessEnv
}

/** What a trial boot on this machine showed: no host of the benchmark is to need another. */
const FINDINGS = ['preflight.json', 'hashes.json']

export interface OwnPlaceOptions {
  /** Default: this process's. Its `VULCAN_FC_KERNEL_PATH`, `_INITRD_PATH` and `_ROOTFS_DIR` are what is linked. */
  readonly env?: NodeJS.ProcessEnv
  /** Where a host was before. */
  readonly before?: OwnPlace
}

/**
 * Makes them, with links to the images of `homeDir`, and with what a host found out before. Throws where the
 * environment has what a measured host is not to have.
 */
export async function makeOwnPlace(
  homeDir: string,
  { env = process.env, before }: OwnPlaceOptions = {},
): Promise<OwnPlace> {
  const ownEnv = ownEnvironment(env)
  await using held = new AsyncDisposableStack()
  const own = await directory(held, 'vulcan-bench-')
  // Short: the paths of sockets below it have at most 107 bytes.
  const runDir = await directory(held, 'vb-')
  await linkImages(homeDir, env, own)
  if (before !== undefined) await copyFindings(before.runDir, runDir)
  const stack = held.move()
  return {
    homeDir: own,
    runDir,
    env: { ...ownEnv, VULCAN_HOME: own, VULCAN_RUN: runDir },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

async function directory(held: AsyncDisposableStack, prefix: string): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), prefix))
  held.defer(() => rm(path, { recursive: true, force: true }))
  return path
}

async function linkImages(fromDir: string, env: NodeJS.ProcessEnv, homeDir: string): Promise<void> {
  const rootfsDir = env['VULCAN_FC_ROOTFS_DIR'] ?? join(fromDir, 'rootfs')
  const images = new Map([
    ['vmlinux', env['VULCAN_FC_KERNEL_PATH'] ?? join(fromDir, 'vmlinux')],
    ['initrd', env['VULCAN_FC_INITRD_PATH'] ?? join(fromDir, 'initrd')],
  ])
  for (const name of await readdir(rootfsDir))
    images.set(join('rootfs', name), join(rootfsDir, name))
  await mkdir(join(homeDir, 'store'))
  await mkdir(join(homeDir, 'rootfs'))
  for (const [link, image] of images) {
    const file = await realpath(image)
    const artefact = join(homeDir, 'store', basename(dirname(file)))
    await linkOnce(dirname(file), artefact)
    await symlink(join(artefact, basename(file)), join(homeDir, link))
  }
}

/** Two links may lead to one artefact. */
async function linkOnce(target: string, path: string): Promise<void> {
  try {
    await symlink(target, path)
  } catch (error) {
    if (!hasErrno(error, 'EEXIST') || (await readlink(path)) !== target) throw error
  }
}

async function copyFindings(fromDir: string, runDir: string): Promise<void> {
  const known = new Set(await readdir(fromDir))
  for (const name of FINDINGS) {
    if (known.has(name)) await copyFile(join(fromDir, name), join(runDir, name))
  }
}
