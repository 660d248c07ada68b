import assert from 'node:assert/strict'
import type { Workload } from '@vulcan/schema'
import { createLogger, Telemetry, type TelemetryOptions } from '@vulcan/telemetry'
import { type Family, parseExposition, type Sample } from './exposition.ts'
import { ended } from './workloads.ts'

export type LogLine = Readonly<Record<string, unknown>>

/** A log that is kept line by line. */
export function keptLog() {
  const lines: LogLine[] = []
  const destination = { write: (line: string) => void lines.push(JSON.parse(line)) }
  return { lines, destination, logger: createLogger({ level: 'debug', destination }) }
}

export interface TelemetryUnderTest extends AsyncDisposable {
  readonly telemetry: Telemetry
  readonly lines: readonly LogLine[]
  families(): Promise<Family[]>
  /** The value of the one sample with this name and these labels. */
  value(name: string, labels?: Sample['labels']): Promise<number | undefined>
}

export async function startTelemetry(
  extra: Partial<TelemetryOptions> = {},
): Promise<TelemetryUnderTest> {
  const { lines, logger } = keptLog()
  const telemetry = await Telemetry.start({
    env: {},
    version: '1.2.3',
    nodeId: 'here',
    logger,
    ...extra,
  })
  const families = async () => parseExposition((await telemetry.scrape()).body)
  return {
    telemetry,
    lines,
    families,
    async value(name, labels = {}) {
      const samples = (await families()).flatMap((family) => family.samples)
      const found = samples.filter(
        (sample) =>
          sample.name === name &&
          Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
      )
      assert.ok(found.length < 2, `${name} is not one sample`)
      return found[0]?.value
    },
    [Symbol.asyncDispose]: () => telemetry[Symbol.asyncDispose](),
  }
}

/** The whole life of a workload, as an engine tells of it. */
export function live({ watcher }: Telemetry, workload: Workload): void {
  watcher.accepted(workload)
  watcher.started(workload, 20)
  for (const phase of ['image', 'drives', 'vmm', 'booting', 'request', 'running'] as const) {
    watcher.phase(workload.id, phase, 0)
  }
  watcher.output(workload.id, 'stdout', 100, 0)
  watcher.output(workload.id, 'stderr', 10, 5)
  watcher.phase(workload.id, 'ended', 0)
  watcher.ended(ended(workload, 'exited', 700), 800)
  watcher.released(workload.id, 30)
}
