import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { type IMetricReader, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'
import { BatchSpanProcessor, type SpanProcessor } from '@opentelemetry/sdk-trace'
import type { Logger } from 'pino'
import { ExportHealth } from './export-health.ts'
import type { OtlpTarget } from './otlp-target.ts'
import type { TelemetrySettings } from './settings.ts'

/** Sends spans in batches; what a slow collector leaves no room for is dropped. */
export function spanProcessors({ traces }: TelemetrySettings, logger: Logger): SpanProcessor[] {
  if (traces === undefined) return []
  // A flush sends all batches of a full queue at once, beside the one that is on its way.
  const exportsMax = Math.ceil(traces.queueMax / traces.batchMax) + 1
  const exporter = new OTLPTraceExporter(exporterOptions(traces, exportsMax))
  new ExportHealth(logger, 'traces', traces.url).watch(exporter, (spans) => spans.length)
  return [
    new BatchSpanProcessor({
      exporter,
      scheduledDelayMillis: traces.delayMs,
      exportTimeoutMillis: traces.exportTimeoutMs,
      maxQueueSize: traces.queueMax,
      maxExportBatchSize: traces.batchMax,
    }),
  ]
}

/** Sends metrics at an interval; while one export goes on the next ones are left out. */
export function metricReaders({ metrics }: TelemetrySettings, logger: Logger): IMetricReader[] {
  if (metrics === undefined) return []
  const exporter = new OTLPMetricExporter({
    ...exporterOptions(metrics, 1),
    temporalityPreference: metrics.temporality,
  })
  new ExportHealth(logger, 'metrics', metrics.url).watch(exporter, () => 1)
  return [
    new PeriodicExportingMetricReader({
      exporter,
      exportIntervalMillis: metrics.intervalMs,
      exportTimeoutMillis: metrics.exportTimeoutMs,
    }),
  ]
}

function exporterOptions(target: OtlpTarget, exportsMax: number) {
  const { url, headers, timeoutMs, compression, tls } = target
  return {
    url,
    headers,
    timeoutMillis: timeoutMs,
    compression,
    concurrencyLimit: exportsMax,
    httpAgentOptions: { keepAlive: true, ...tls },
  }
}
