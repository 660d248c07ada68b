import { resolveRootfs } from '@vulcan/images'
import { RUNTIMES, type Runtime } from '@vulcan/schema'
import { Host } from '../host.ts'
import { newWorkload } from '../new-workload.ts'
import type { Settings } from '../settings.ts'
import { firecrackerPath, firecrackerVersion } from '../vmm-choice.ts'
import { type Check, type Finding, fail, ok, warn } from './check.ts'
import type { Trial, TrialSession } from './trial-session.ts'

/** A trial boot, or a workload, on a machine that is slow and busy. */
const VM_DEADLINE_MS = 180_000
const FIRECRACKER_LEAST = '1.16.1'

/** The least program of each runtime. */
const PROGRAMS: Readonly<Record<Runtime, string>> = {
  python: 'print("ok")',
  node: 'console.log("ok")',
  go: 'package main\n\nfunc main() { println("ok") }\n',
}

/**
 * Whether KVM boots a guest, which VMM is used and why, and whether a workload really runs: nothing
 * else proves it.
 */
export function vmmChecks(settings: Settings, session: TrialSession): Check[] {
  const ofTrial = (
    code: string,
    check: (trial: Trial, signal: AbortSignal) => Promise<Finding>,
  ) => ({
    code,
    needs: 'all' as const,
    deadlineMs: VM_DEADLINE_MS,
    run: async (signal: AbortSignal) => check(await session.trial(), signal),
  })
  return [
    ofTrial('kvm', async ({ kvm }) => checkKvm(kvm)),
    ofTrial('firecracker', ({ kvm }) => checkFirecracker(settings, kvm.program !== undefined)),
    ofTrial('vmm', async (trial) => checkVmm(trial)),
    ofTrial('workload', ({ host }, signal) => checkWorkload(host, settings, signal)),
  ]
}

function checkKvm({ finding, program }: Trial['kvm']): Finding {
  if (program !== undefined) return ok(finding)
  return warn(
    finding,
    'isolation needs KVM: mend that, or use bare metal or a VM with nested virtualization',
  )
}

async function checkFirecracker(
  { layout, config, vmm }: Settings,
  kvmBoots: boolean,
): Promise<Finding> {
  const path = firecrackerPath(layout, config)
  const version = vmm === 'qemu' ? undefined : await firecrackerVersion(path)
  const install = `put Firecracker ${FIRECRACKER_LEAST} or later at ${path} ("make demo" does, where KVM works)`
  if (vmm === 'qemu') return ok('not looked for, since VULCAN_VMM is "qemu"')
  if (version === undefined) {
    return kvmBoots
      ? warn('not installed', install)
      : ok('not installed, and of no use without KVM')
  }
  const isOld = version.localeCompare(FIRECRACKER_LEAST, 'en', { numeric: true }) < 0
  return isOld ? warn(`${version} at ${path} is too old`, install) : ok(`${version} at ${path}`)
}

function checkVmm({ host, program }: Trial): Finding {
  if (program === undefined) return fail(host.finding, host.remedy)
  const { name, version, isolationStrength, reason } = program
  if (isolationStrength === 'hardware') {
    return ok(`${name} ${version}, with isolation by hardware: ${reason}`)
  }
  return warn(
    `${name} ${version}, which emulates guests in software, since KVM boots none`,
    'that is no security boundary: run only code that you trust here',
  )
}

async function checkWorkload(
  host: Trial['host'],
  { config }: Settings,
  signal: AbortSignal,
): Promise<Finding> {
  if (!(host instanceof Host)) return { status: 'skip', finding: 'not tried without a VMM' }
  const runtime = await firstRuntime(config.rootfsDir)
  if (runtime === undefined) {
    return fail('there is no image to run one on', 'run "vulcan images build"')
  }
  const workload = newWorkload({ runtime, code: PROGRAMS[runtime], timeoutS: 60 })
  const report = await host.run(workload, { signal })
  signal.throwIfAborted()
  if (report.reason === 'exited' && report.exitCode === 0) {
    return ok(`a ${runtime} program ran in a VM in ${(report.durationMs / 1000).toFixed(1)} s`)
  }
  return fail(
    `a ${runtime} program did not run: ${report.reason}: ${report.error}`,
    REMEDIES[report.reason] ?? 'see what "vulcan run -v" says, and the log of the guest in it',
  )
}

const REMEDIES: Readonly<Record<string, string>> = {
  boot_failed:
    'see whether VULCAN_FC_* name another kernel or image; if not, build them anew: remove them from "store" in VULCAN_HOME, and run "vulcan images build"',
  agent_unreachable: 'the machine may be too slow or busy: set VULCAN_FC_BOOT_TIMEOUT_MS',
}

async function firstRuntime(rootfsDir: string): Promise<Runtime | undefined> {
  for (const runtime of ['python', ...RUNTIMES] as const) {
    const image = await resolveRootfs({ rootfsDir, runtime }).catch(() => undefined)
    if (image !== undefined) return runtime
  }
  return undefined
}
