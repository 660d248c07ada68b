import {
  ConfigError,
  type FirecrackerConfig,
  type Layout,
  loadConfig,
} from '@vulcan/backend-firecracker'
import { findPlaces } from './places.ts'
import { readVmmSetting, type VmmSetting } from './vmm-choice.ts'

/** What the environment says, checked. */
export interface Settings {
  readonly layout: Layout
  readonly config: FirecrackerConfig
  readonly vmm: VmmSetting
}

/** Reads all variables. Throws `ConfigError` for the first one that is wrong. */
export function readSettings(env: Readonly<Record<string, string | undefined>>): Settings {
  const layout = findPlaces(env, process.getuid?.() === 0)
  const config = loadConfig(env, layout.homeDir)
  if (config.jailerEnabled) {
    const takes = 'only "false" so far: the jailer is not used yet, and QEMU has none'
    throw new ConfigError('VULCAN_FC_JAILER', 'true', takes)
  }
  return { layout, config, vmm: readVmmSetting(env) }
}
