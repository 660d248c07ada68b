import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { VulcanError } from '@vulcan/schema'
import { exists } from '../exists.ts'
import { cloneDir, nativeTarget } from '../places.ts'
import { CommandFailedError, runCommand } from '../run-command.ts'
import type { Step } from '../step.ts'

const CONFIG = 'native/rust-toolchain.toml'

/** `native/rust-toolchain.toml` does not pin a toolchain. */
export class ToolchainNotPinnedError extends VulcanError<'toolchain_not_pinned'> {
  constructor() {
    super('toolchain_not_pinned', `${CONFIG} has no line channel = "…": write the version there`)
  }
}

export interface RustToolchain extends Step {
  /** What rustup calls it: its version. */
  readonly channel: string
}

/**
 * The pinned Rust with clippy, rustfmt and the standard library of the static target. Installed by
 * name, since rustup may be configured not to install what `rust-toolchain.toml` asks for.
 */
export async function rustToolchain(): Promise<RustToolchain> {
  const channel = readChannel(await readFile(join(cloneDir, CONFIG), 'utf8'))
  return {
    name: `Rust ${channel}`,
    channel,
    estimate: { downloadMib: 150, diskMib: 850, seconds: 40 },
    isDone: () => isInstalled(channel),
    async run({ signal, report }) {
      const install = ['toolchain', 'install', channel, '--profile', 'minimal', '--no-self-update']
      const parts = ['--component', 'clippy,rustfmt', '--target', nativeTarget]
      await runCommand('rustup', [...install, ...parts], { signal, onLine: report })
    },
  }
}

/** The version that a `rust-toolchain.toml` pins. Throws `ToolchainNotPinnedError`. */
export function readChannel(toml: string): string {
  const channel = /^channel\s*=\s*"(?<channel>[^"]+)"/m.exec(toml)?.groups?.['channel']
  if (channel === undefined) throw new ToolchainNotPinnedError()
  return channel
}

async function isInstalled(channel: string): Promise<boolean> {
  const bin = await binDirectory(channel)
  if (bin === undefined) return false
  const needed = ['cargo', 'cargo-clippy', 'rustfmt', `../lib/rustlib/${nativeTarget}/lib`]
  return (await Promise.all(needed.map((name) => exists(join(bin, name))))).every(Boolean)
}

async function binDirectory(channel: string): Promise<string | undefined> {
  const args = ['which', '--toolchain', channel, 'rustc']
  try {
    return dirname(await runCommand('rustup', args, { signal: AbortSignal.timeout(10_000) }))
  } catch (error) {
    if (error instanceof CommandFailedError) return undefined
    throw error
  }
}
