import type { EngineWatcher } from '@vulcan/engine'
import type { Env } from '@vulcan/schema'
import type { Logger } from 'pino'
import { Complaints } from './complaints.ts'
import { type HostGauges, observeHost } from './gauges.ts'
import { Meters } from './meters.ts'
import { type AnsweredRequest, RequestMetrics } from './request-metrics.ts'
import { type IncomingRequest, type RequestTrace, traceRequest } from './request-trace.ts'
import { CONTENT_TYPE, type Scrape, ScrapeReader } from './scrape-reader.ts'
import { makeSdk, type Shutdown } from './sdk.ts'
import { readTelemetrySettings, type TelemetrySettings } from './settings.ts'
import { VmWatcher } from './vm-watcher.ts'
import { WorkloadWatcher } from './workload-watcher.ts'

export interface TelemetryOptions {
  /** Its variables that start with `OTEL_` are honoured, or refused. */
  readonly env: Env
  /** Of Vulcan. */
  readonly version: string
  readonly nodeId: string
  /** Gets a line for each workload that ends, and what is wrong with telemetry. */
  readonly logger: Logger
  /** Workloads of which traces are kept open at once (default 10,000). */
  readonly openWorkloadsMax?: number
}

const OPEN_WORKLOADS_MAX = 10_000
/** How long a collector may take for what is left at the end. */
const FLUSH_DEADLINE_MS = 5_000

/**
 * Metrics, traces and the log lines of workloads of one host. Whoever reports to it never waits for
 * it. Disposing sends what is left, for five seconds at most.
 */
export class Telemetry implements AsyncDisposable {
  /** For the engine. */
  readonly watcher: EngineWatcher
  /** For the backend. */
  readonly vmWatcher: VmWatcher
  /** For the HTTP server, when a request was answered. */
  readonly onRequest: (request: AnsweredRequest) => void
  /** For the HTTP server, when a request arrives. */
  readonly traceRequest: (request: IncomingRequest) => RequestTrace
  readonly #meters: Meters
  readonly #nodeId: string
  readonly #reader: ScrapeReader | undefined
  readonly #complaints: Complaints
  readonly #held: AsyncDisposableStack

  private constructor(options: TelemetryOptions, settings: TelemetrySettings) {
    const { logger, nodeId, version, openWorkloadsMax: openMax = OPEN_WORKLOADS_MAX } = options
    const complaints = new Complaints(logger)
    this.#held = new AsyncDisposableStack()
    this.#nodeId = nodeId
    this.#complaints = complaints
    const reader = new ScrapeReader((error) => complaints.about('a gauge could not be read', error))
    this.#reader = settings.isDisabled ? undefined : reader
    const { meter, tracer, shutdowns } = makeSdk(options, settings, reader)
    this.#held.defer(() => this.#flush(shutdowns))
    this.#meters = new Meters(meter)
    const meters = this.#meters
    const workloads = new WorkloadWatcher({ meters, tracer, logger, openMax })
    this.watcher = this.#held.use(workloads)
    this.vmWatcher = new VmWatcher(meters)
    const requests = new RequestMetrics(meters)
    this.onRequest = (request) => requests.answered(request)
    const { propagates } = settings
    this.traceRequest = (request) => traceRequest({ tracer, propagates }, request)
    meters.observe('vulcan.build.info', () => [{ value: 1, labels: { version } }])
  }

  /** Throws `TelemetryConfigError` for a variable that is wrong or not known. */
  static async start(options: TelemetryOptions): Promise<Telemetry> {
    return new Telemetry(options, await readTelemetrySettings(options.env))
  }

  /** To be called once: the host's gauges are read whenever metrics are. */
  observe(gauges: HostGauges): void {
    observeHost(this.#meters, this.#nodeId, gauges)
  }

  /** The answer to `GET /metrics`. With `OTEL_SDK_DISABLED` there are none. */
  async scrape(): Promise<Scrape> {
    const none = { contentType: CONTENT_TYPE, body: '# OTEL_SDK_DISABLED is true\n' }
    return (await this.#reader?.scrape()) ?? none
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#held[Symbol.asyncDispose]()
  }

  /** Never rejects. */
  async #flush(shutdowns: readonly Shutdown[]): Promise<void> {
    const late = Promise.withResolvers<void>()
    const timer = setTimeout(late.resolve, FLUSH_DEADLINE_MS)
    const each = shutdowns.map(async (shutdown) => {
      try {
        await shutdown()
      } catch (error) {
        this.#complaints.about('telemetry could not be flushed', error)
      }
    })
    await Promise.race([Promise.all(each), late.promise])
    clearTimeout(timer)
  }
}
