import { glob } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import { runCargoTests } from './cargo-tests.ts'
import { machineKind } from './machine-kind.ts'
import { permittedSkips } from './permitted-skips.ts'
import { type RunTestFilesOptions, runTestFiles } from './run-test-files.ts'
import { TestReport } from './test-report.ts'
import { addTotals, formatTotals, noTests, type Totals } from './totals.ts'

const root = resolve(import.meta.dirname, '../..')
const minuteMs = 60_000

interface Outcome {
  readonly totals: Totals
  readonly succeeded: boolean
  readonly failures: readonly string[]
}

interface NodeSuite extends RunTestFilesOptions {
  readonly patterns: readonly string[]
  readonly exclude: readonly string[]
}

/** Tests that need neither a VM nor root. */
const unit: NodeSuite = {
  patterns: [
    'packages/*/test/**/*.test.ts',
    'setup/test/**/*.test.ts',
    'bench/test/**/*.test.ts',
    'tests/check/**/*.test.ts',
  ],
  exclude: [],
  concurrency: availableParallelism(),
  // Ends what hangs; a file of many commands takes a minute on a machine that is busy.
  fileLimitMs: 5 * minuteMs,
}

/**
 * Tests that boot VMs: two files at once, as a software-emulated VM fills a core. Those of the jailer
 * need Firecracker, and so KVM.
 */
const vm: NodeSuite = {
  patterns: ['tests/**/*.test.ts'],
  exclude: ['tests/check/**', 'tests/support/**', 'tests/jailer/**'],
  concurrency: Math.min(2, availableParallelism()),
  fileLimitMs: 15 * minuteMs,
}

const suites: Readonly<Record<string, () => Promise<Outcome>>> = {
  unit: () => runNodeSuite(unit),
  native: () =>
    runCargoTests({
      directory: resolve(root, 'native'),
      target: 'x86_64-unknown-linux-musl',
      limitMs: 15 * minuteMs,
      machine: machineKind(),
      permitted: permittedSkips,
    }),
  vm: () => runNodeSuite(vm),
}

async function runNodeSuite({ patterns, exclude, ...limits }: NodeSuite): Promise<Outcome> {
  const found = await Array.fromAsync(glob(patterns, { cwd: root, exclude }))
  const files = found.sort().map((file) => resolve(root, file))
  const report = new TestReport({ root, machine: machineKind(), permitted: permittedSkips })
  await runTestFiles(files, limits, report)
  return report
}

/**
 * Runs the suites named, all of them even if one fails, and closes with what failed and the totals of
 * all: who reads only the end of a long run finds it there.
 */
async function main(names: readonly string[]): Promise<void> {
  const failures: string[] = []
  let totals = noTests
  for (const name of names) {
    const suite = suites[name]
    if (suite === undefined) {
      throw new Error(`no suite "${name}": give some of ${Object.keys(suites).join(', ')}`)
    }
    process.stdout.write(`${name} tests\n`)
    const outcome = await suite()
    totals = addTotals(totals, outcome.totals)
    failures.push(...outcome.failures)
    if (!outcome.succeeded) process.exitCode = 1
  }
  if (failures.length > 0) process.stdout.write(`\nfailed:\n${failures.join('\n')}\n`)
  process.stdout.write(`\n${formatTotals(totals)}\n`)
}

await main(process.argv.slice(2))
