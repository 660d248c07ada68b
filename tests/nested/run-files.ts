import { spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import { machineKind } from '../support/machine-kind.ts'
import { permittedSkips } from '../support/permitted-skips.ts'
import { runTestFiles } from '../support/run-test-files.ts'
import { TestReport } from '../support/test-report.ts'
import { nestedFiles } from './files.ts'

const root = resolve(import.meta.dirname, '../..')
const FIRST_RUN_LIMIT_MS = 5 * 60_000
const FILE_LIMIT_MS = 30 * 60_000

/** Runs the listed files on this machine, on the Firecracker that is in VULCAN_LIBEXEC. */
async function main(only: string): Promise<void> {
  const files = await nestedFiles(root, only)
  process.env['VULCAN_VMM'] = 'firecracker'
  proveFirecracker()
  const machine = machineKind()
  const report = new TestReport({ root, machine, permitted: permittedSkips, isLive: true })
  const limits = { concurrency: Math.min(2, availableParallelism()), fileLimitMs: FILE_LIMIT_MS }
  await runTestFiles(
    files.map((file) => resolve(root, file)),
    limits,
    report,
  )
  if (!report.succeeded) process.exitCode = 1
}

/**
 * A workload on Firecracker, before any test: what it finds out about the machine is kept, and without
 * it nothing that follows would say anything about Firecracker.
 */
function proveFirecracker(): void {
  const args = ['run', '--json', '--timeout', '2m', '-c', 'print("ok")']
  const { stdout, stderr, error } = spawnSync(resolve(root, 'bin/vulcan'), args, {
    encoding: 'utf8',
    timeout: FIRST_RUN_LIMIT_MS,
  })
  if (error !== undefined) throw error
  const { reason, exit_code, vmm, error: words, duration_ms } = JSON.parse(stdout || '{}')
  if (reason !== 'exited' || exit_code !== 0 || vmm?.name !== 'firecracker') {
    throw new Error(`no program runs on Firecracker here: ${reason}: ${words}\n${stderr}`)
  }
  process.stdout.write(
    `Firecracker ${vmm.version} ran a program in ${(duration_ms / 1000).toFixed(1)} s\n`,
  )
}

try {
  await main(process.argv[2] ?? '')
} catch (error) {
  process.stdout.write(`${error instanceof Error ? error.message : error}\n`)
  process.exitCode = 1
}
