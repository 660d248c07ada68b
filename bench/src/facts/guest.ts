import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { VULCAN } from '../places.ts'

/** What VMs on this machine are made of. */
export interface Guest {
  readonly vmm: { readonly name: string; readonly version: string }
  readonly isolation: 'hardware' | 'emulated'
  /** Of its kernel, with what the VMM added. */
  readonly commandLine: string
}

const DEADLINE_MS = 600_000
const CODE = 'print(open("/proc/cmdline").read())'

/**
 * Runs a program that says how its kernel was started, so that a VM started by hand is started in
 * the same way. Throws when no program runs here.
 */
export async function findGuest(env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<Guest> {
  const { stdout } = await promisify(execFile)(VULCAN, ['run', '--json', '-c', CODE], {
    env,
    signal,
    timeout: DEADLINE_MS,
  })
  const { vmm, isolation_strength: isolation, stdout: commandLine } = JSON.parse(stdout)
  return { vmm, isolation, commandLine: String(commandLine).trim() }
}
