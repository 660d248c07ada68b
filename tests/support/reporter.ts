import type { TestEvent } from 'node:test/reporters'
import { machineKind } from './machine-kind.ts'
import { permittedSkips } from './permitted-skips.ts'
import { type ReportOptions, TestReport } from './test-report.ts'

/**
 * A reporter for `node --test --test-reporter=…` that also judges: besides failures, skips that are
 * not permitted and a run without tests make the process exit with 1.
 */
export function reporterWith(options: ReportOptions) {
  return async function* report(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
    const testReport = new TestReport(options)
    for await (const event of events) yield testReport.add(event)
    if (!testReport.succeeded) process.exitCode = 1
    yield testReport.end()
  }
}

export default reporterWith({
  root: process.cwd(),
  machine: machineKind(),
  permitted: permittedSkips,
})
