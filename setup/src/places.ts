import { join, resolve } from 'node:path'

/** The clone that is set up. */
export const cloneDir = resolve(import.meta.dirname, '../..')

/** Bundles and programs of this clone. */
export const distDir = join(cloneDir, 'dist')
export const libexecDir = join(distDir, 'libexec')

/** The target for which native programs are built: static, so that they run in any mount namespace. */
export const nativeTarget = 'x86_64-unknown-linux-musl'

/** What clones share: VULCAN_HOME. */
export function homeDir(): string {
  return fromEnvironment('VULCAN_HOME')
}

/** Where cargo builds: in the clone, since it goes by times, and would take another clone's program for this one's. */
export function cargoTargetDir(): string {
  return fromEnvironment('CARGO_TARGET_DIR')
}

function fromEnvironment(variable: string): string {
  const value = process.env[variable]
  if (value === undefined) throw new Error(`${variable} is not set: start setup/setup, which does`)
  return value
}
