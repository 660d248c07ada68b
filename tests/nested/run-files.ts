import { spawnSync } from 'node:child_process'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { machineKind } from '../support/machine-kind.ts'
import { permittedSkips } from '../support/permitted-skips.ts'
import { runTestFiles } from '../support/run-test-files.ts'
import { TestReport } from '../support/test-report.ts'
import { addTotals, formatTotals, noTests } from '../support/totals.ts'
import { nestedFiles } from './files.ts'

const root = resolve(import.meta.dirname, '../..')
const libexec = process.env['VULCAN_LIBEXEC'] ?? join(root, 'dist/libexec')
const FIRST_RUN_LIMIT_MS = 5 * 60_000
const FILE_LIMIT_MS = 30 * 60_000

/** Runs the listed files on this machine, on the Firecracker that is in VULCAN_LIBEXEC. */
async function main(only: string): Promise<void> {
  const { unjailed, jailed } = await nestedFiles(root, only)
  const table = join(tmpdir(), `conformance-${process.pid}`)
  Object.assign(process.env, {
    VULCAN_VMM: 'firecracker',
    VULCAN_CONFORMANCE_FIRECRACKER: join(libexec, 'firecracker'),
    VULCAN_CONFORMANCE_LINUX: '1',
    VULCAN_CONFORMANCE_TABLE: table,
  })
  const runs = [
    { jailer: false, files: unjailed },
    { jailer: true, files: jailed },
  ].filter(({ files }) => files.length > 0)
  let totals = noTests
  for (const { jailer, files } of runs) {
    const report = await runAll(files, jailer)
    totals = addTotals(totals, report.totals)
    if (!report.succeeded) process.exitCode = 1
  }
  process.stdout.write(await readFile(table, 'utf8').catch(() => ''))
  await rm(table, { force: true })
  process.stdout.write(`\n${formatTotals(totals)}\n`)
  const { passed, failed, skipped } = totals
  const kept = process.env['VULCAN_NESTED_TOTALS']
  if (kept !== undefined) await writeFile(kept, `${passed} ${failed} ${skipped}\n`)
}

async function runAll(files: readonly string[], jailer: boolean): Promise<TestReport> {
  process.env['VULCAN_FC_JAILER'] = String(jailer)
  process.stdout.write(jailer ? 'with the jailer\n' : 'without the jailer\n')
  proveFirecracker()
  const machine = machineKind()
  const report = new TestReport({ root, machine, permitted: permittedSkips, isLive: true })
  const limits = { concurrency: Math.min(2, availableParallelism()), fileLimitMs: FILE_LIMIT_MS }
  const paths = files.map((file) => resolve(root, file))
  await runTestFiles(paths, limits, report)
  return report
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
