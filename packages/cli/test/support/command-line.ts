import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import type { TestContext } from 'node:test'

export const MAIN = resolve(import.meta.dirname, '../../src/main.ts')

/** Runs the command line; these tests end before any VM would be started. */
export async function vulcan(args: readonly string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, ['--', MAIN, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const [stdout, stderr, [exitCode]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ])
  return { exitCode, stdout, stderr }
}

export async function temporaryDirectory(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'vulcan-test-'))
  t.after(() => rm(directory, { recursive: true }))
  return directory
}
