import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { machineKind } from '../support/machine-kind.ts'
import { addTotals, formatTotals, noTests } from '../support/totals.ts'
import { type NestedArguments, parseArguments, UsageError } from './arguments.ts'
import { makeDrives } from './drives.ts'
import { NoSuchFileError, nestedFiles, partsOf } from './files.ts'
import {
  NestedHostError,
  type NestedHostOptions,
  type NestedResult,
  runNestedHost,
} from './nested-host.ts'
import { runDirectly } from './run-directly.ts'
import { makeRunDirectory } from './run-directory.ts'
import { SetUpError, setUp } from './set-up.ts'

const root = resolve(import.meta.dirname, '../..')
const EXIT_USAGE = 2
const EXIT_INTERRUPTED = 130
const LIMIT_MS = 2 * 3_600_000

class InterruptedError extends Error {}
class LimitError extends Error {}

/**
 * Runs tests on real Firecracker: on this machine where its KVM boots a guest, else in a host that
 * QEMU emulates. Resolves to the exit code of the tests.
 */
async function main(given: NestedArguments, signal: AbortSignal): Promise<number> {
  const parts = partsOf(await nestedFiles(root, given.only))
  const home = process.env['VULCAN_HOME'] ?? '/var/lib/vulcan'
  await setUp('test', signal)
  if (machineKind().kvm) return runDirectly(root, given, signal)
  await setUp('test-nested', signal)
  process.stdout.write('KVM boots no guest on this machine, so an emulated host runs the tests.\n')
  await using made = await makeRunDirectory(join(home, 'cache'))
  const directory = made.path
  const drives = await makeDrives({ root, home, parts, ...given }, directory, signal)
  const image = join(root, 'dist/nested-host')
  let totals = noTests
  let exitCode = 0
  for (const [index, names] of parts.entries()) {
    const title = `part ${index + 1} of ${parts.length}: ${names.join(', ')}`
    process.stdout.write(`${title}\n`)
    const host = { image, drives, part: index + 1, signal }
    const result = await runPart(host, join(directory, String(index)))
    totals = addTotals(totals, result.totals)
    exitCode ||= result.exitCode
  }
  process.stdout.write(`\nall parts: ${formatTotals(totals)}\n`)
  return exitCode
}

/**
 * Runs one part. An emulated processor is none that kernels were tried on, and now and then a host's
 * kernel dies of it: its part is run again, once, and that is said.
 */
async function runPart(
  host: Omit<NestedHostOptions, 'directory'>,
  directory: string,
): Promise<NestedResult> {
  try {
    return await runNestedHost({ ...host, directory: await newDirectory(`${directory}-a`) })
  } catch (error) {
    if (!(error instanceof NestedHostError)) throw error
    process.stdout.write(`${error.message}\nthe emulated host died: this part is run again\n`)
    return runNestedHost({ ...host, directory: await newDirectory(`${directory}-b`) })
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
