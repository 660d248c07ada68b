import { VulcanError } from '@vulcan/schema'
import { distDir, homeDir } from './places.ts'
import { requireOwn } from './require-own.ts'
import { setUp } from './set-up.ts'
import { stepsFor } from './steps.ts'

const INTERRUPTED = 130

/** The second half of setup/setup, which is what starts it. */
async function main(target: string | undefined): Promise<void> {
  const interrupted = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.once(name, () => interrupted.abort(new Error(`stopped by ${name}`)))
  }
  const home = homeDir()
  try {
    await requireOwn(distDir)
    const steps = await stepsFor(target, home)
    await setUp(steps, { home, signal: interrupted.signal, output: process.stdout })
  } catch (error) {
    if (interrupted.signal.aborted) {
      process.stderr.write('set-up: interrupted; run it again to go on\n')
      process.exitCode = INTERRUPTED
    } else if (error instanceof VulcanError) {
      process.stderr.write(`set-up: ${error.message}\n`)
      process.exitCode = 1
    } else throw error
  }
}

await main(process.argv[2])
