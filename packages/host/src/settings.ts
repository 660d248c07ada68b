import {
  ConfigError,
  type FirecrackerConfig,
  type Layout,
  loadConfig,
} from '@vulcan/backend-firecracker'
import { findPlaces } from './places.ts'
import { readVmmSetting, requireFirecrackerBin, type VmmSetting } from './vmm-choice.ts'

/** What the environment asks for, checked. */
export interface Settings {
  readonly layout: Layout
  readonly config: FirecrackerConfig
  readonly vmm: VmmSetting
}

/** Reads all variables. Throws `ConfigError` for the first one that is wrong. */
export async function readSettings(
  env: Readonly<Record<string, string | undefined>>,
): Promise<Settings> {
  const layout = findPlaces(env, process.getuid?.() === 0)
  const config = loadConfig(env, layout.homeDir)
  const vmm = readVmmSetting(env)
  if (config.jailerEnabled) {
    const takes = 'only "false" so far: the jailer is not used yet, and QEMU has none'
    throw new ConfigError('VULCAN_FC_JAILER', 'true', takes)
  }
  await requireFirecrackerBin(config, vmm)
  return { layout, config, vmm }
}
