import { type FirecrackerConfig, type Layout, loadConfig } from '@vulcan/backend-firecracker'
import { type Env, readVariable } from '@vulcan/schema'
import { requireJailer } from './jailer-choice.ts'
import { PLACE_VARIABLES, type VmmSetting } from './place-variables.ts'
import { findPlaces } from './places.ts'
import { requireFirecrackerBin } from './vmm-choice.ts'

/** What the environment asks for, checked. */
export interface Settings {
  readonly layout: Layout
  readonly config: FirecrackerConfig
  readonly vmm: VmmSetting
}

/** Reads all variables. Throws `ConfigError` for the first one that is wrong. */
export async function readSettings(env: Env): Promise<Settings> {
  const layout = findPlaces(env, process.getuid?.() === 0)
  const config = loadConfig(env, layout.homeDir)
  const vmm = readVariable(env, PLACE_VARIABLES.vmm) ?? 'auto'
  await requireFirecrackerBin(config, vmm)
  if (config.jailerEnabled) await requireJailer(layout, config, vmm)
  return { layout, config, vmm }
}
