import { type FirecrackerConfig, type Layout, loadConfig } from '@vulcan/backend-firecracker'
import { requireJailer } from './jailer-choice.ts'
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
  await requireFirecrackerBin(config, vmm)
  if (config.jailerEnabled) await requireJailer(layout, config, vmm)
  return { layout, config, vmm }
}
