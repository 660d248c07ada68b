import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { type Jail, locateJail, makeJail } from '../../src/index.ts'
import { temporaryDirectory } from './temporary-directory.ts'

/** Somebody whom nobody else on the machine is; without root only oneself can be the VM's user. */
const isRoot = process.getuid?.() === 0
const VM_USER = isRoot ? 1_900_000_001 : (process.getuid?.() ?? 0)

/** An empty jail and a directory beside it, which go with the test. */
export async function newJail(
  context: TestContext,
  binary?: string,
): Promise<{ jail: Jail; outside: string }> {
  const { path: outside, ...directory } = temporaryDirectory()
  context.after(() => directory[Symbol.dispose]())
  const execFile = binary ?? join(outside, 'firecracker')
  if (binary === undefined) writeFileSync(execFile, '', { mode: 0o755 })
  const baseDir = join(outside, 'jails')
  mkdirSync(baseDir)
  const settings = { baseDir, execFile, id: 'vm-1', uid: VM_USER, gid: VM_USER }
  const jail = await locateJail(settings)
  await makeJail(jail)
  return { jail, outside }
}
