import { ConfigError, type Env } from '@vulcan/schema'
import { readSettings, type Settings } from '../settings.ts'
import { type Check, type Finding, fail, ok } from './check.ts'
import { examineOne } from './examine-one.ts'
import { imageChecks } from './image-checks.ts'
import { machineChecks } from './machine-checks.ts'
import { networkChecks } from './network-checks.ts'
import { programChecks } from './program-checks.ts'
import { TrialSession } from './trial-session.ts'
import { vmmChecks } from './vmm-checks.ts'

export interface Diagnosis extends Finding {
  readonly code: string
}

/**
 * Looks at everything that a workload needs, one check after the other, and gives each as it comes.
 * The last ones boot a VM. Workloads can run when none of them fails. Throws the signal's reason
 * only, when nothing of its own is left.
 */
export async function* examine(env: Env, signal: AbortSignal): AsyncGenerator<Diagnosis> {
  const settings = await tryReadSettings(env)
  if ('finding' in settings) {
    yield { code: 'configuration', ...settings }
    return
  }
  yield { code: 'configuration', ...ok('every variable that is set has a value it can have') }
  await using session = new TrialSession(env, signal)
  yield* examineAll(
    [
      ...machineChecks(settings),
      ...programChecks(settings),
      ...imageChecks(settings.config),
      ...vmmChecks(settings, session),
    ],
    signal,
  )
}

/** The same for what a VM's network needs. The last one makes a network and releases it. */
export async function* examineNetwork(env: Env, signal: AbortSignal): AsyncGenerator<Diagnosis> {
  const settings = await tryReadSettings(env)
  if ('finding' in settings) yield { code: 'configuration', ...settings }
  else yield* examineAll(networkChecks(settings), signal)
}

async function* examineAll(
  checks: readonly Check[],
  signal: AbortSignal,
): AsyncGenerator<Diagnosis> {
  const failed: string[] = []
  for (const check of checks) {
    const { code } = check
    const finding = await examineOne(check, failed, signal)
    if (finding.status === 'fail') failed.push(code)
    yield { code, ...finding }
  }
}

async function tryReadSettings(env: Env): Promise<Settings | Finding> {
  try {
    return await readSettings(env)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return fail(error.message, `correct ${error.variable}, or unset it`)
  }
}
