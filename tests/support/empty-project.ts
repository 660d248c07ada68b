import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { promisify } from 'node:util'

const ROOT = join(import.meta.dirname, '../..')
const OFFLINE = ['--offline', '--ignore-scripts', '--no-audit', '--no-fund', '--silent']

export interface EmptyProject {
  readonly directory: string
  /** Runs a program there, in this environment and with these variables. */
  run(
    program: string,
    args: readonly string[],
    env?: Readonly<Record<string, string>>,
  ): Promise<{ readonly stdout: string }>
  /** Checks types as strictly as can be, and fails with what is wrong. */
  checkTypes(file: string, ...flags: string[]): Promise<void>
}

/**
 * A project of somebody else's into which one archive of `dist` is installed, without a network. Zod
 * is all that our libraries depend on, and npm takes it from here.
 */
export async function emptyProject(t: TestContext, archive: string): Promise<EmptyProject> {
  const directory = await mkdtemp(join(tmpdir(), 'vulcan-library-'))
  t.after(() => rm(directory, { recursive: true, force: true }))
  await writeFile(join(directory, 'package.json'), '{ "name": "user", "type": "module" }')
  const run: EmptyProject['run'] = (program, args, env = {}) => {
    const options = { cwd: directory, timeout: 240_000, env: { ...process.env, ...env } }
    return promisify(execFile)(program, [...args], options)
  }
  const { stdout: zod } = await run('npm', ['pack', '--silent', join(ROOT, 'node_modules/zod')])
  await run('npm', [
    'install',
    ...OFFLINE,
    join(directory, zod.trim()),
    join(ROOT, 'dist', archive),
  ])
  return {
    directory,
    run,
    async checkTypes(file, ...flags) {
      const strict = ['--noEmit', '--strict', '--exactOptionalPropertyTypes']
      const modern = ['--module', 'nodenext', '--target', 'esnext']
      const program = join(ROOT, 'node_modules/.bin/tsc')
      await run(program, [...strict, ...modern, ...flags, file])
    },
  }
}

/** The flags for a program that runs in Node. */
export const NODE_TYPES = ['--typeRoots', join(ROOT, 'node_modules/@types'), '--types', 'node']
