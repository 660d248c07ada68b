import { createNoopMeter, type Meter, ProxyTracerProvider, type Tracer } from '@opentelemetry/api'
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources'
import { MeterProvider } from '@opentelemetry/sdk-metrics'
import { TracerProvider } from '@opentelemetry/sdk-trace'
import { ATTR_SERVICE_NAME, ATTR_SERVICE_VERSION } from '@opentelemetry/semantic-conventions'
import type { Logger } from 'pino'
import { metricReaders, spanProcessors } from './exporters.ts'
import type { ScrapeReader } from './scrape-reader.ts'
import type { TelemetrySettings } from './settings.ts'

export interface SdkOptions {
  readonly version: string
  readonly nodeId: string
  readonly logger: Logger
}

/** Shuts something of the SDK down, and so sends what is left. */
export type Shutdown = () => Promise<void>

/** Of the one meter and the one tracer. */
const SCOPE = 'vulcan'

interface Sdk {
  readonly meter: Meter
  readonly tracer: Tracer
  readonly shutdowns: readonly Shutdown[]
}

/** Makes what OpenTelemetry's variables ask for. */
export function makeSdk(
  { version, nodeId, logger }: SdkOptions,
  settings: TelemetrySettings,
  reader: ScrapeReader,
): Sdk {
  // Hands on the caller's trace, and makes no spans.
  const untraced = new ProxyTracerProvider().getTracer(SCOPE)
  if (settings.isDisabled) return { meter: createNoopMeter(), tracer: untraced, shutdowns: [] }
  const resource = defaultResource().merge(
    resourceFromAttributes({
      [ATTR_SERVICE_NAME]: 'vulcan',
      [ATTR_SERVICE_VERSION]: version,
      'service.instance.id': nodeId,
      ...settings.attributes,
    }),
  )
  const readers = [reader, ...metricReaders(settings, logger)]
  const metrics = new MeterProvider({ resource, readers })
  const meter = metrics.getMeter(SCOPE, version)
  const spans = spanProcessors(settings, logger)
  if (spans.length === 0) {
    return { meter, tracer: untraced, shutdowns: [() => metrics.shutdown()] }
  }
  const traces = new TracerProvider({ resource, sampler: settings.sampler, spanProcessors: spans })
  return {
    meter,
    tracer: traces.getTracer(SCOPE, version),
    shutdowns: [() => metrics.shutdown(), () => traces.shutdown()],
  }
}
