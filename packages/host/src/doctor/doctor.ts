import { readSettings, type Settings } from '../settings.ts'
import { type Check, type Finding, fail } from './check.ts'
import { imageChecks } from './image-checks.ts'
import { machineChecks } from './machine-checks.ts'
import { programChecks } from './program-checks.ts'
import { workloadChecks } from './workload-checks.ts'

type Env = Readonly<Record<string, string | undefined>>

export interface Diagnosis extends Finding {
  readonly code: string
}

/**
 * Looks at everything that a workload needs, one check after the other, and gives each as it comes.
 * The last ones boot a VM. Workloads can run when none of them fails.
 */
export async function* examine(env: Env, signal: AbortSignal): AsyncGenerator<Diagnosis> {
  let settings: Settings
  try {
    settings = readSettings(env)
  } catch (error) {
    const finding = error instanceof Error ? error.message : String(error)
    yield { code: 'configuration', ...fail(finding, 'correct the variable') }
    return
  }
  const { layout, config } = settings
  const checks: Check[] = [
    ...machineChecks(layout, config),
    ...programChecks(layout),
    ...imageChecks(config),
    ...workloadChecks(env, config),
  ]
  for (const check of checks) yield { code: check.code, ...(await check.run(signal)) }
}
