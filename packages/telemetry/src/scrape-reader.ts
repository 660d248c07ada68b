import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus'
import { type MetricData, MetricReader } from '@opentelemetry/sdk-metrics'
import { INSTRUMENTS, type Instrument } from './instruments.ts'

/** An answer to `GET /metrics`. */
export interface Scrape {
  readonly contentType: string
  readonly body: string
}

export const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

/** How long a gauge may take. */
const READ_DEADLINE_MS = 5_000

/** Reads all metrics when asked, under the table's Prometheus names, without labels of scopes. */
export class ScrapeReader extends MetricReader {
  readonly #serializer = new PrometheusSerializer('', false, undefined, false, true)

  readonly #onError: (error: unknown) => void

  /** `onError` is told what could not be read; the rest is shown. */
  constructor(onError: (error: unknown) => void) {
    super()
    this.#onError = onError
  }

  async scrape(): Promise<Scrape> {
    const { resourceMetrics, errors } = await this.collect({ timeoutMillis: READ_DEADLINE_MS })
    for (const error of errors) this.#onError(error)
    const { resource, scopeMetrics } = resourceMetrics
    const renamed = scopeMetrics.map(({ scope, metrics }) => ({
      scope,
      metrics: metrics.map(underPrometheusName),
    }))
    const body = this.#serializer.serialize({ resource, scopeMetrics: renamed })
    return { contentType: CONTENT_TYPE, body: body.endsWith('\n') ? body : `${body}\n` }
  }

  protected override async onForceFlush(): Promise<void> {
    // It holds nothing back.
  }

  protected override async onShutdown(): Promise<void> {
    // It holds nothing open.
  }
}

/** The unit is in the name. */
function underPrometheusName(metric: MetricData): MetricData {
  const table: Readonly<Record<string, Instrument>> = INSTRUMENTS
  const name = table[metric.descriptor.name]?.prometheus ?? metric.descriptor.name
  return { ...metric, descriptor: { ...metric.descriptor, name, unit: '' } }
}
