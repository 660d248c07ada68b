import { execFile } from 'node:child_process'
import { access, constants } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Layout } from '@vulcan/backend-firecracker'
import { type Check, type Finding, fail, ok, warn } from './check.ts'

const run = promisify(execFile)
const VERSION_DEADLINE_MS = 10_000

/** What must be installed: our own programs, QEMU and the vsock device. */
export function programChecks(layout: Layout): Check[] {
  const own = (name: string) => join(layout.libexecDir, name)
  const setUp = 'run "make demo" in the clone, or install Vulcan anew'
  return [
    { code: 'launcher', run: (signal) => checkLauncher(own('vulcan-launch'), setUp, signal) },
    {
      code: 'qemu',
      run: async (signal) =>
        (await versionOf('qemu-system-x86_64', signal)) ??
        warn('qemu-system-x86_64 is not installed', '"apt-get install qemu-system-x86"'),
    },
    {
      code: 'vhost_device_vsock',
      run: async (signal) =>
        (await versionOf(own('vhost-device-vsock'), signal)) ??
        warn('vhost-device-vsock is not installed, without which QEMU cannot be used', setUp),
    },
    { code: 'firecracker', run: (signal) => checkFirecracker(own('firecracker'), signal) },
  ]
}

async function checkLauncher(path: string, remedy: string, signal: AbortSignal): Promise<Finding> {
  try {
    const { stdout } = await run(path, ['tsc'], { signal, timeout: VERSION_DEADLINE_MS })
    return ok(`${path} works; the TSC runs at ${Number(stdout) / 1e6} GHz`)
  } catch (error) {
    signal.throwIfAborted()
    return fail(`${path} does not work (${firstLine(error)})`, remedy)
  }
}

async function checkFirecracker(path: string, signal: AbortSignal): Promise<Finding> {
  const version = await versionOf(path, signal)
  if (version !== undefined) return version
  const kvm = await access('/dev/kvm', constants.F_OK).then(
    () => true,
    () => false,
  )
  if (!kvm) return ok('not installed, and not of use without KVM')
  return warn(
    'not installed',
    `put firecracker 1.16.1 or later at ${path} ("make demo" does, where KVM works)`,
  )
}

async function versionOf(path: string, signal: AbortSignal): Promise<Finding | undefined> {
  try {
    const { stdout } = await run(path, ['--version'], { signal, timeout: VERSION_DEADLINE_MS })
    return ok(stdout.split('\n', 1)[0] ?? '')
  } catch {
    signal.throwIfAborted()
    return undefined
  }
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? ''
}
