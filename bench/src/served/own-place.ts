import { copyFile, mkdir, mkdtemp, readdir, realpath, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { hasErrno } from '@vulcan/schema'

/** Directories of the benchmark's own for a host, with this machine's images in them. */
export interface OwnPlace extends AsyncDisposable {
  readonly homeDir: string
  readonly runDir: string
  /** The environment that makes a host use them. */
  readonly env: NodeJS.ProcessEnv
}

/** What a trial boot on this machine showed: no host of the benchmark is to need another. */
const FINDINGS = ['preflight.json', 'hashes.json']

/** Makes them, with links to the images of `homeDir`, and with what a host found out before. */
export async function makeOwnPlace(homeDir: string, before?: OwnPlace): Promise<OwnPlace> {
  await using held = new AsyncDisposableStack()
  const own = await directory(held, 'vulcan-bench-')
  // Short: the paths of sockets below it have at most 107 bytes.
  const runDir = await directory(held, 'vb-')
  await linkImages(homeDir, own)
  if (before !== undefined) await copyFindings(before.runDir, runDir)
  const stack = held.move()
  return {
    homeDir: own,
    runDir,
    env: { ...process.env, VULCAN_HOME: own, VULCAN_RUN: runDir },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

async function directory(held: AsyncDisposableStack, prefix: string): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), prefix))
  held.defer(() => rm(path, { recursive: true, force: true }))
  return path
}

async function linkImages(fromDir: string, homeDir: string): Promise<void> {
  const rootfs = (await readdir(join(fromDir, 'rootfs'))).map((name) => join('rootfs', name))
  await mkdir(join(homeDir, 'store'))
  await mkdir(join(homeDir, 'rootfs'))
  for (const link of ['vmlinux', 'initrd', ...rootfs]) {
    const file = await realpath(join(fromDir, link))
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
    if (!hasErrno(error, 'EEXIST')) throw error
  }
}

async function copyFindings(fromDir: string, runDir: string): Promise<void> {
  const known = new Set(await readdir(fromDir))
  for (const name of FINDINGS) {
    if (known.has(name)) await copyFile(join(fromDir, name), join(runDir, name))
  }
}
