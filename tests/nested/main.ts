import { join, resolve } from 'node:path'
import { machineKind } from '../support/machine-kind.ts'
import { type NestedArguments, parseArguments, UsageError } from './arguments.ts'
import { makeDrives } from './drives.ts'
import { NoSuchFileError, nestedFiles } from './files.ts'
import { NestedHostError, runNestedHost } from './nested-host.ts'
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
  await nestedFiles(root, given.only)
  const home = process.env['VULCAN_HOME'] ?? '/var/lib/vulcan'
  await setUp('test', signal)
  if (machineKind().kvm) return runDirectly(root, given, signal)
  await setUp('test-nested', signal)
  process.stdout.write('KVM boots no guest on this machine, so an emulated host runs the tests.\n')
  await using made = await makeRunDirectory(join(home, 'cache'))
  const directory = made.path
  const drives = await makeDrives({ root, home, ...given }, directory, signal)
  const image = join(root, 'dist/nested-host')
  return await runNestedHost({ image, drives, directory, signal })
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
