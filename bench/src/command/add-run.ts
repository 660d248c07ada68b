import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { messageOf } from '@vulcan/schema'
import { type Command, Option } from 'commander'
import { runBenchmark } from '../measure/run-benchmark.ts'
import { HOME_DIR, LIBEXEC_DIR, RAW_DIR, ROOT } from '../places.ts'
import { FULL, type Plan, QUICK } from '../plan.ts'
import { commitResult, writeDocuments } from '../report/committed.ts'
import { plotsOf } from '../report/plots.ts'
import { asText } from '../report/table.ts'
import { tablesOf } from '../report/tables.ts'
import type { Result } from '../result.ts'
import { narrowed, RUNTIME_NAMES } from './narrow-plan.ts'
import { EXIT_INTERRUPTED, untilInterrupted } from './until-interrupted.ts'

interface Flags {
  readonly full?: boolean
  readonly runtime?: readonly string[]
  readonly rounds?: string
  readonly atOnce?: readonly string[]
  readonly url?: string
  readonly key?: string
  readonly document?: boolean
}

/** `bench run`: everything that a caller sees, in one process. */
export function addRun(program: Command): void {
  program
    .command('run')
    .description('cold and warm, against their floors, through HTTP on a started server')
    .option('--full', 'at least 20 rounds: hours')
    .addOption(new Option('--runtime <names...>', 'only these').choices(RUNTIME_NAMES))
    .option('--rounds <n>', 'exactly so many rounds, and as many bursts as one')
    .option('--at-once <n...>', 'only so many at once')
    .option('--url <url>', 'another server that speaks the HTTP API, to be measured beside ours')
    .option('--key <key>', 'its API key')
    .option('--document', 'make the result the one of docs/performance.md')
    .action(run)
}

async function run(flags: Flags): Promise<void> {
  const plan = planOf(flags)
  const { url, key } = flags
  const setup = {
    homeDir: HOME_DIR,
    libexecDir: LIBEXEC_DIR,
    rawDir: RAW_DIR,
    other: url === undefined ? undefined : { url, key },
    onProgress: (what: string) => process.stderr.write(`  · ${what} …\n`),
  }
  const signal = untilInterrupted()
  const recorder = await runBenchmark(setup, plan, signal).catch((error: unknown) => {
    if (!signal.aborted) throw error
  })
  if (recorder === undefined) {
    process.stderr.write(`bench: ${messageOf(signal.reason)}; what was measured is in ${RAW_DIR}\n`)
    process.exitCode = EXIT_INTERRUPTED
    return
  }
  const { result, path } = recorder
  await show(result, path)
  if (flags.document === true) {
    await commitResult(ROOT, result)
    await writeDocuments(ROOT)
  }
}

function planOf({ full, runtime, rounds, atOnce }: Flags): Plan {
  return narrowed(full === true ? FULL : QUICK, {
    runtimes: runtime,
    rounds: rounds === undefined ? undefined : Number(rounds),
    levels: atOnce?.map(Number),
  })
}

async function show(result: Result, path: string): Promise<void> {
  for (const table of tablesOf(result)) process.stdout.write(`\n${asText(table)}\n`)
  const plots = path.replace(/\.json$/, '')
  await mkdir(plots, { recursive: true })
  for (const [name, svg] of Object.entries(plotsOf(result))) await writeFile(join(plots, name), svg)
  process.stdout.write(`\nraw result: ${path}\nplots: ${plots}/\n`)
}
