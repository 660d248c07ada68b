import type { FirecrackerConfig } from '@vulcan/backend-firecracker'
import { resolveRootfs } from '@vulcan/images'
import { RUNTIMES, type Runtime } from '@vulcan/schema'
import { Host } from '../host.ts'
import { newWorkload } from '../new-workload.ts'
import { type Check, type Finding, fail, ok, warn } from './check.ts'

/** The least program of each runtime. */
const PROGRAMS: Readonly<Record<Runtime, string>> = {
  python: 'print("ok")',
  node: 'console.log("ok")',
  go: 'package main\n\nfunc main() { println("ok") }\n',
}

/** Which VMM is used and why, and whether a workload really runs: nothing else proves it. */
export function workloadChecks(
  env: Readonly<Record<string, string | undefined>>,
  config: FirecrackerConfig,
): Check[] {
  return [
    { code: 'vmm', run: (signal) => withHost(env, signal, async (host) => checkVmm(host)) },
    {
      code: 'workload',
      run: (signal) => withHost(env, signal, (host) => checkWorkload(host, config, signal)),
    },
  ]
}

async function withHost(
  env: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
  check: (host: Host) => Promise<Finding>,
): Promise<Finding> {
  const notices: string[] = []
  try {
    const onNotice = (message: string) => notices.push(message)
    await using host = await Host.open({ env, signal, onNotice, retryTrials: true })
    return await check(host)
  } catch (error) {
    signal.throwIfAborted()
    return fail(error instanceof Error ? error.message : String(error), 'mend what is said above')
  }
}

function checkVmm({ vmm, unavailable }: Host): Finding {
  if (vmm === undefined) return fail(unavailable, 'mend what is marked FAIL above')
  const finding = `${vmm.name} ${vmm.version}, isolation ${vmm.isolationStrength}: ${vmm.reason}`
  if (vmm.isolationStrength === 'hardware') return ok(finding)
  return warn(finding, 'for untrusted code, use a machine on which KVM boots a guest')
}

async function checkWorkload(
  host: Host,
  config: FirecrackerConfig,
  signal: AbortSignal,
): Promise<Finding> {
  const runtime = await firstRuntime(config)
  if (runtime === undefined)
    return fail('there is no image to run one on', 'run "vulcan images build"')
  const workload = newWorkload({ runtime, code: PROGRAMS[runtime], timeoutS: 60 })
  const report = await host.run(workload, { signal })
  signal.throwIfAborted()
  if (report.reason === 'exited' && report.exitCode === 0) {
    return ok(`a ${runtime} program ran in a VM in ${(report.durationMs / 1000).toFixed(1)} s`)
  }
  return fail(
    `a ${runtime} program did not run: ${report.reason}: ${report.error}`,
    'see "vulcan run -v"',
  )
}

async function firstRuntime({ rootfsDir }: FirecrackerConfig): Promise<Runtime | undefined> {
  for (const runtime of ['python', ...RUNTIMES] as const) {
    const image = await resolveRootfs({ rootfsDir, runtime }).catch(() => undefined)
    if (image !== undefined) return runtime
  }
  return undefined
}
