import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { buffer } from 'node:stream/consumers'

const workspace = resolve(import.meta.dirname, '../../../native')
const target = 'x86_64-unknown-linux-musl'
const home = process.env['VULCAN_HOME'] ?? '/var/lib/vulcan'
const targetDir = process.env['CARGO_TARGET_DIR'] ?? join(workspace, 'target')

/** Builds `vulcan-hostile`, which nothing else needs and set-up does not install. */
export async function buildHostileAgent(): Promise<string> {
  const what = ['--package', 'vulcan-hostile', '--target', target]
  await run('cargo', ['build', '--release', '--locked', '--quiet', ...what], workspace)
  return join(targetDir, target, 'release/vulcan-hostile')
}

/**
 * Makes the initrd of a hostile guest in `directory`, and returns its path: the real one and, since
 * the kernel takes several archives and later ones win, a second with another `/init` and its
 * manner.
 */
export async function hostileInitrd(
  agentPath: string,
  manner: string,
  directory: string,
): Promise<string> {
  const overlay = join(directory, manner)
  await mkdir(overlay)
  await copyFile(agentPath, join(overlay, 'init'))
  await writeFile(join(overlay, 'manner'), manner)
  const names = 'init\nmanner\n'
  const archive = await run('cpio', ['--create', '--format=newc', '--quiet'], overlay, names)
  const path = join(directory, `${manner}.initrd`)
  await writeFile(path, Buffer.concat([await readFile(join(home, 'initrd')), archive]))
  return path
}

async function run(program: string, args: readonly string[], cwd: string, stdin = '') {
  const child = spawn(program, args, { cwd, stdio: ['pipe', 'pipe', 'inherit'] })
  child.stdin.end(stdin)
  const [stdout, [exitCode]] = await Promise.all([buffer(child.stdout), once(child, 'close')])
  assert.equal(exitCode, 0, `${program} ${args.join(' ')}`)
  return stdout
}
