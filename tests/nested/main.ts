import { cp, mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { messageOf } from '@vulcan/schema'
import { machineKind } from '../support/machine-kind.ts'
import { addTotals, formatTotals, noTests } from '../support/totals.ts'
import { type NestedArguments, parseArguments, UsageError } from './arguments.ts'
import { copyOut, makeDrives, repair } from './drives.ts'
import { NoSuchFileError } from './files.ts'
import {
  NestedHostError,
  type NestedHostOptions,
  type NestedResult,
  runNestedHost,
} from './nested-host.ts'
import { runDirectly } from './run-directly.ts'
import { makeRunDirectory } from './run-directory.ts'
import { SetUpError, setUp } from './set-up.ts'
import { benchTask, testTask } from './task.ts'

const root = resolve(import.meta.dirname, '../..')
/** Raw results and plots of the benchmark. */
const FIGURES = 'dist/bench'
const EXIT_USAGE = 2
const EXIT_INTERRUPTED = 130
const LIMIT_MS = 2 * 3_600_000
const RUNS_OF_A_PART = 3
const COPY_LIMIT_MS = 5 * 60_000

class InterruptedError extends Error {}
class LimitError extends Error {}

/**
 * Runs tests, or the benchmark, on real Firecracker: on this machine where its KVM boots a guest, else
 * in a host that QEMU emulates. Resolves to their exit code.
 */
async function main(given: NestedArguments, signal: AbortSignal): Promise<number> {
  const isBench = given.target === 'bench-nested'
  const task = isBench ? benchTask(given.options) : await testTask(root, given.options.join())
  const home = process.env['VULCAN_HOME'] ?? '/var/lib/vulcan'
  await setUp('test', signal)
  if (machineKind().kvm) return runDirectly(root, task.direct, given, signal)
  await setUp('test-nested', signal)
  process.stdout.write('KVM boots no guest on this machine, so this runs in an emulated host.\n')
  await using made = await makeRunDirectory(join(home, 'cache'))
  const directory = made.path
  const parts = task.nested
  const drives = await makeDrives({ root, home, parts, ...given }, directory, signal)
  const [image, emulator] = [join(root, 'dist/nested-host'), join(root, 'dist/nested-qemu')]
  const kept = isBench ? drives[0] : undefined
  let totals = noTests
  let exitCode = 0
  try {
    for (const [index, command] of parts.entries()) {
      process.stdout.write(`part ${index + 1} of ${parts.length}: ${command.join(' ')}\n`)
      const host = { image, emulator, drives, kept, part: index + 1, signal }
      const result = await runPart(host, join(directory, String(index)))
      totals = addTotals(totals, result.totals)
      exitCode ||= result.exitCode
    }
  } finally {
    if (kept !== undefined && !(await keepFigures(kept, directory))) exitCode ||= 1
  }
  if (!isBench) process.stdout.write(`\nall parts: ${formatTotals(totals)}\n`)
  return exitCode
}

/**
 * What the benchmark has left in the tree of its host comes into this one, however it ended: it is
 * written as it is measured. False where it does not, which is said: how it ended matters more.
 */
async function keepFigures(tree: string, directory: string): Promise<boolean> {
  const signal = AbortSignal.timeout(COPY_LIMIT_MS)
  try {
    const copied = await newDirectory(join(directory, 'kept'))
    await repair(tree, signal)
    await copyOut(tree, `/${FIGURES}`, copied, signal)
    await cp(copied, join(root, 'dist'), { recursive: true })
    process.stdout.write(`its figures are in ${join(root, FIGURES)}\n`)
    return true
  } catch (error) {
    process.stderr.write(`its figures are lost: ${messageOf(error)}\n`)
    return false
  }
}

/**
 * Runs one part. An emulated processor is none that kernels were tried on, and now and then a host's
 * kernel dies of it: its part is run again, and that is said.
 */
async function runPart(
  host: Omit<NestedHostOptions, 'directory'>,
  directory: string,
): Promise<NestedResult> {
  for (let run = 1; ; run++) {
    try {
      return await runNestedHost({ ...host, directory: await newDirectory(`${directory}-${run}`) })
    } catch (error) {
      if (!(error instanceof NestedHostError) || run === RUNS_OF_A_PART) throw error
      process.stdout.write(`${error.message}\nthe emulated host died: this part is run again\n`)
      if (host.kept !== undefined) await repair(host.kept, host.signal)
    }
  }
}

async function newDirectory(path: string): Promise<string> {
  await mkdir(path)
  return path
}

/** Aborts at the end of the time that all may take, and at signals; both end all that was started. */
function untilEnded(): AbortSignal {
  const abort = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(name, () => abort.abort(new InterruptedError(`stopped by ${name}`)))
  }
  const late = new LimitError(`not done after ${LIMIT_MS / 60_000} minutes`)
  setTimeout(() => abort.abort(late), LIMIT_MS).unref()
  return abort.signal
}

function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError) return EXIT_USAGE
  if (error instanceof InterruptedError) return EXIT_INTERRUPTED
  return 1
}

try {
  process.exitCode = await main(parseArguments(process.argv.slice(2)), untilEnded())
} catch (error) {
  const known = [
    UsageError,
    NoSuchFileError,
    NestedHostError,
    SetUpError,
    InterruptedError,
    LimitError,
  ]
  if (!known.some((kind) => error instanceof kind)) throw error
  process.stderr.write(`${(error as Error).message}\n`)
  process.exitCode = exitCodeOf(error)
}
