import { mkdtemp, readdir, realpath, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { NestedArguments } from './arguments.ts'
import { runProgram } from './run-program.ts'
import type { Command } from './task.ts'

/** Runs a program of the tree on this machine, with the given programs in place of those that were set up. */
export async function runDirectly(
  root: string,
  [program, ...args]: Command,
  { firecracker, jailer }: NestedArguments,
  signal: AbortSignal,
): Promise<number> {
  const libexec = await mkdtemp(join(tmpdir(), 'vulcan-libexec-'))
  try {
    const own = join(root, 'dist/libexec')
    for (const name of await readdir(own)) {
      if (name === 'firecracker' || name === 'jailer') continue
      await symlink(await realpath(join(own, name)), join(libexec, name))
    }
    await symlink(firecracker, join(libexec, 'firecracker'))
    await symlink(jailer, join(libexec, 'jailer'))
    const env = { ...process.env, VULCAN_LIBEXEC: libexec }
    return await runProgram(process.execPath, [join(root, program), ...args], { signal, env })
  } finally {
    await rm(libexec, { recursive: true, force: true })
  }
}
