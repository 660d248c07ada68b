import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import {
  type FirecrackerConfig,
  jailPathExcessBytes,
  type Layout,
} from '@vulcan/backend-firecracker'
import { ConfigError } from '@vulcan/schema'
import type { VmmSetting } from './place-variables.ts'
import { firecrackerPath, jailerPath } from './vmm-choice.ts'

const VERSION_DEADLINE_MS = 5_000

/** How to get the jailer. */
const INSTALL_JAILER =
  'it is in each release of Firecracker: put it beside Firecracker ("make demo" does, where KVM works), or name it in VULCAN_FC_JAILER_BIN'

/**
 * A jailer that was asked for is used or refused. Throws `ConfigError` where QEMU is the VMM, where we
 * are not root, where there is no jailer, or where its sockets would have paths that are too long.
 */
export async function requireJailer(
  layout: Layout,
  config: FirecrackerConfig,
  setting: VmmSetting,
): Promise<void> {
  const refuse = (takes: string) => new ConfigError('VULCAN_FC_JAILER', 'true', takes)
  if (setting === 'qemu') {
    throw refuse('only "false" where VULCAN_VMM is "qemu": the jailer is Firecracker\'s')
  }
  if (process.getuid?.() !== 0) {
    throw refuse('only "false" where Vulcan is not root: the jailer must be')
  }
  const path = jailerPath(layout, config)
  if ((await jailerVersion(path)) === undefined) {
    if (config.jailerBin !== undefined) {
      throw new ConfigError('VULCAN_FC_JAILER_BIN', path, "the path of Firecracker's jailer")
    }
    throw refuse(`only "false" without a jailer, and there is none at ${path}: ${INSTALL_JAILER}`)
  }
  const excess = await jailPathExcessBytes(layout, firecrackerPath(layout, config))
  if (excess > 0) {
    throw new ConfigError(
      'VULCAN_HOME',
      layout.homeDir,
      `with VULCAN_FC_JAILER a path that is ${excess} bytes shorter, since sockets lie in jails below it`,
    )
  }
}

/** Undefined where there is no jailer. */
export async function jailerVersion(path: string): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)(path, ['--version'], {
      env: {},
      timeout: VERSION_DEADLINE_MS,
    })
    return /^Jailer v(\S+)/.exec(stdout)?.[1]
  } catch {
    return undefined
  }
}
