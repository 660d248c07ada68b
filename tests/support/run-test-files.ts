import { run } from 'node:test'
import type { TestReport } from './test-report.ts'

export interface RunTestFilesOptions {
  /** Files run at once, each in a process of its own. */
  readonly concurrency: number
  /** A file that has not ended by then is killed and counts as failed. */
  readonly fileLimitMs: number
}

/**
 * Runs test files with node:test and prints the report as it comes.
 *
 * Every file gets a `run()` of its own, because the `timeout` of node:test leaves a file running
 * whose event loop is blocked; aborting its `run()` kills it.
 */
export async function runTestFiles(
  files: readonly string[],
  { concurrency, fileLimitMs }: RunTestFilesOptions,
  report: TestReport,
): Promise<void> {
  const waiting = files.values()
  const worker = async () => {
    for (const file of waiting) {
      const events = run({ files: [file], signal: AbortSignal.timeout(fileLimitMs) })
      for await (const event of events) process.stdout.write(report.add(event))
    }
  }
  await Promise.all(Array.from({ length: concurrency }, worker))
  process.stdout.write(report.end())
}
