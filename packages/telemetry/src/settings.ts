import { AggregationTemporalityPreference } from '@opentelemetry/exporter-metrics-otlp-http'
import type { Sampler } from '@opentelemetry/sdk-trace'
import type { Env } from '@vulcan/schema'
import * as z from 'zod'
import { TelemetryConfigError } from './errors.ts'
import { BOOLEAN, KEY_VALUES, MILLISECONDS, NAME, SPANS, wordList } from './kinds.ts'
import { type OtlpTarget, readOtlpTarget } from './otlp-target.ts'
import { readSampler } from './sampler.ts'
import { Variables } from './variables.ts'

/** What OpenTelemetry's variables ask for, checked. */
export interface TelemetrySettings {
  readonly isDisabled: boolean
  /** Whose telemetry this is. */
  readonly attributes: Readonly<Record<string, string>>
  /** Whether the caller's `traceparent` is honoured. */
  readonly propagates: boolean
  readonly sampler: Sampler
  /** Undefined: traces are not sent. */
  readonly traces: (OtlpTarget & SpanBatches) | undefined
  /** Undefined: metrics are not sent, but can be read at `/metrics`. */
  readonly metrics: (OtlpTarget & MetricExports) | undefined
}

/** How spans wait for their export. */
interface SpanBatches {
  readonly delayMs: number
  readonly exportTimeoutMs: number
  readonly queueMax: number
  readonly batchMax: number
}

interface MetricExports {
  readonly intervalMs: number
  readonly exportTimeoutMs: number
  readonly temporality: AggregationTemporalityPreference
}

const TRACES = wordList(['otlp'])
/** `/metrics` is part of the HTTP API, so `prometheus` is always on. */
const METRICS = wordList(['otlp', 'prometheus'])
/** Logs go to standard error. */
const LOGS = wordList([])
const PROPAGATORS = wordList(['tracecontext'])

const TEMPORALITIES = {
  cumulative: AggregationTemporalityPreference.CUMULATIVE,
  delta: AggregationTemporalityPreference.DELTA,
  lowmemory: AggregationTemporalityPreference.LOWMEMORY,
} as const
const TEMPORALITY = {
  takes: `a word: ${Object.keys(TEMPORALITIES).join(', ')}`,
  schema: z
    .string()
    .toLowerCase()
    .pipe(z.enum(['cumulative', 'delta', 'lowmemory'])),
}

/**
 * Reads all variables that start with `OTEL_`: each is honoured or refused. What is sent goes where
 * an endpoint is named; without one nothing is sent, unless an exporter is asked for.
 *
 * Throws `TelemetryConfigError`.
 */
export async function readTelemetrySettings(env: Env): Promise<TelemetrySettings> {
  const variables = new Variables(env)
  const settings = await readAll(variables)
  variables.refuseOthers('OTEL_')
  return settings
}

/** What each variable takes, for the documents. */
export async function knownVariables(): Promise<ReadonlyMap<string, string>> {
  const variables = new Variables({})
  await readAll(variables)
  return variables.known
}

async function readAll(variables: Variables): Promise<TelemetrySettings> {
  const isDisabled = variables.read('OTEL_SDK_DISABLED', BOOLEAN) ?? false
  const serviceName = variables.read('OTEL_SERVICE_NAME', NAME)
  const attributes = variables.read('OTEL_RESOURCE_ATTRIBUTES', KEY_VALUES)
  variables.read('OTEL_LOGS_EXPORTER', LOGS)
  const propagators = variables.read('OTEL_PROPAGATORS', PROPAGATORS)
  return {
    isDisabled,
    attributes: { ...attributes, ...(serviceName && { 'service.name': serviceName }) },
    propagates: propagators === undefined || propagators.length > 0,
    sampler: readSampler(variables),
    traces: await readTraces(variables),
    metrics: await readMetrics(variables),
  }
}

async function readTraces(variables: Variables): Promise<TelemetrySettings['traces']> {
  const exporters = variables.read('OTEL_TRACES_EXPORTER', TRACES)
  const { isConfigured, ...target } = await readOtlpTarget(variables, 'TRACES')
  const queueMax = variables.read('OTEL_BSP_MAX_QUEUE_SIZE', SPANS) ?? 2048
  const batchMax = variables.read('OTEL_BSP_MAX_EXPORT_BATCH_SIZE', SPANS)
  const batches = {
    delayMs: variables.read('OTEL_BSP_SCHEDULE_DELAY', MILLISECONDS) ?? 5_000,
    exportTimeoutMs: variables.read('OTEL_BSP_EXPORT_TIMEOUT', MILLISECONDS) ?? 30_000,
    queueMax,
    batchMax: batchMax ?? Math.min(512, queueMax),
  }
  if (batches.batchMax > queueMax) {
    const takes = `at most what OTEL_BSP_MAX_QUEUE_SIZE says, which is ${queueMax}`
    throw new TelemetryConfigError('OTEL_BSP_MAX_EXPORT_BATCH_SIZE', takes)
  }
  const isWanted = exporters?.includes('otlp') ?? isConfigured
  return isWanted ? { ...target, ...batches } : undefined
}

async function readMetrics(variables: Variables): Promise<TelemetrySettings['metrics']> {
  const exporters = variables.read('OTEL_METRICS_EXPORTER', METRICS)
  const { isConfigured, ...target } = await readOtlpTarget(variables, 'METRICS')
  const preference = 'OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE'
  const temporality = variables.read(preference, TEMPORALITY) ?? 'cumulative'
  const intervalMs = variables.read('OTEL_METRIC_EXPORT_INTERVAL', MILLISECONDS) ?? 60_000
  const exportTimeoutMs = variables.read('OTEL_METRIC_EXPORT_TIMEOUT', MILLISECONDS)
  if (exportTimeoutMs !== undefined && exportTimeoutMs > intervalMs) {
    const takes = `at most what OTEL_METRIC_EXPORT_INTERVAL says, which is ${intervalMs}`
    throw new TelemetryConfigError('OTEL_METRIC_EXPORT_TIMEOUT', takes)
  }
  const exports = {
    intervalMs,
    exportTimeoutMs: exportTimeoutMs ?? Math.min(30_000, intervalMs),
    temporality: TEMPORALITIES[temporality],
  }
  const isWanted = exporters?.includes('otlp') ?? isConfigured
  return isWanted ? { ...target, ...exports } : undefined
}
