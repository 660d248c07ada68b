import { execFile } from 'node:child_process'
import { access, constants, readFile } from 'node:fs/promises'
import { release } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { messageOf } from '@vulcan/schema'
import { findQemu, findVsockDevice, type MissingProgram, SET_UP } from '../qemu-programs.ts'
import type { Settings } from '../settings.ts'
import { VERSION } from '../version.ts'
import { firecrackerPath, firecrackerVersion, kvmDeviceFinding } from '../vmm-choice.ts'
import { type Check, type Finding, fail, ok, warn } from './check.ts'
import { jailerCheck } from './jailer-check.ts'

const run = promisify(execFile)
const VERSION_DEADLINE_MS = 5_000

/** What must be installed: our own programs, QEMU and the vsock device. */
export function programChecks(settings: Settings): Check[] {
  const { layout, config } = settings
  const own = (name: string) => join(layout.libexecDir, name)
  const forQemu = async (found: string | MissingProgram, signal: AbortSignal) =>
    typeof found === 'string' ? versionOf(found, signal) : missing(found, settings)
  return [
    { code: 'versions', run: async () => ok(await describeVersions()) },
    { code: 'launcher', run: (signal) => checkLauncher(own('vulcan-launch'), signal) },
    { code: 'vulcan_vmm', run: () => checkVulcanVmm(own('vulcan-vmm')) },
    { code: 'qemu', run: async (signal) => forQemu(await findQemu(config), signal) },
    {
      code: 'vhost_device_vsock',
      run: async (signal) => forQemu(await findVsockDevice(layout), signal),
    },
    jailerCheck(settings),
  ]
}

async function describeVersions(): Promise<string> {
  const osRelease = await readFile('/etc/os-release', 'utf8').catch(() => '')
  const system = /^PRETTY_NAME="?([^"\n]*)/m.exec(osRelease)?.[1] ?? 'an unknown system'
  return `Vulcan ${VERSION} on Node.js ${process.versions.node}, ${system}, Linux ${release()}`
}

async function checkLauncher(path: string, signal: AbortSignal): Promise<Finding> {
  try {
    const { stdout } = await run(path, ['tsc'], { signal, timeout: VERSION_DEADLINE_MS })
    return ok(`${path} works; the TSC runs at ${Number(stdout) / 1e6} GHz`)
  } catch (error) {
    signal.throwIfAborted()
    return fail(`${path} does not work (${problemOf(error)})`, SET_UP)
  }
}

/** Its version is ours; to start it only to hear that would take as long as all other checks. */
async function checkVulcanVmm(path: string): Promise<Finding> {
  try {
    await access(path, constants.X_OK)
    return ok(path)
  } catch {
    return fail(`${path} is missing or no program`, SET_UP)
  }
}

/** Only where Firecracker may have KVM does a workload not need QEMU. */
async function missing({ finding, remedy }: MissingProgram, settings: Settings): Promise<Finding> {
  const { layout, config, vmm } = settings
  const device = await kvmDeviceFinding()
  const firecracker = await firecrackerVersion(firecrackerPath(layout, config))
  const canDoWithout = vmm !== 'qemu' && device === undefined && firecracker !== undefined
  return canDoWithout ? warn(finding, remedy) : fail(finding, remedy)
}

async function versionOf(path: string, signal: AbortSignal): Promise<Finding> {
  try {
    const { stdout } = await run(path, ['--version'], { signal, timeout: VERSION_DEADLINE_MS })
    return ok(`${stdout.split('\n', 1)[0] ?? ''} at ${path}`)
  } catch (error) {
    signal.throwIfAborted()
    return fail(`${path} does not work (${problemOf(error)})`, 'install it anew')
  }
}

function problemOf(error: unknown): string {
  if (error instanceof Error && 'killed' in error && error.killed === true) {
    return `no answer within ${VERSION_DEADLINE_MS / 1000} s`
  }
  return messageOf(error).split('\n', 1)[0] ?? ''
}
