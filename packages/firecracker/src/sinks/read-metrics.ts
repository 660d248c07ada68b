import { type ReadSinkOptions, readSink, type Sink } from './read-sink.ts'

/** What the VMM wrote at one time. */
export interface MetricsEvent {
  readonly kind: 'metrics'
  readonly utcTimestampMs: number
  /**
   * By the names in Firecracker's document, joined by dots: `vmm.panic_count`,
   * `block_rootfs.read_agg.max_us`. Most count what has happened since the line before.
   */
  readonly values: ReadonlyMap<string, number>
}

/** A machine of many devices writes some 30 KiB. */
const LINE_BYTES_MAX = 256 * 1024
/** An hour's lines. */
const KEPT_MAX = 60
const VALUES_MAX = 10_000
/** `block.read_agg.max_us` is three deep. */
const DEPTH_MAX = 3
const NAME = /^[A-Za-z0-9_]{1,128}$/

/**
 * Reads the metrics that `PUT /metrics` or `--metrics-path` asked for: a FIFO until the VMM ends, a
 * file up to where it ends now. A line may have `lineBytesMax` bytes (default 256 KiB).
 *
 * Firecracker writes a line every minute, at its end, and for `FlushMetrics`. Throws `SinkError`
 * (`sink_refused`).
 */
export function readMetrics(options: ReadSinkOptions): Sink<MetricsEvent> {
  const { lineBytesMax = LINE_BYTES_MAX, keptMax = KEPT_MAX } = options
  return readSink({ ...options, lineBytesMax, keptMax }, parseMetricsLine)
}

/** Undefined where it is no line of metrics. What later versions add beside numbers is left out. */
export function parseMetricsLine(text: string): MetricsEvent | undefined {
  const document = parseObject(text)
  const utcTimestampMs = document?.['utc_timestamp_ms']
  if (document === undefined || !isCount(utcTimestampMs)) return undefined
  const values = new Map<string, number>()
  for (const [name, value] of numbersIn(document, '', 1)) {
    if (values.size === VALUES_MAX) return undefined
    if (name !== 'utc_timestamp_ms') values.set(name, value)
  }
  return { kind: 'metrics', utcTimestampMs, values }
}

function* numbersIn(document: object, prefix: string, depth: number): Generator<[string, number]> {
  for (const [name, value] of Object.entries(document)) {
    if (!NAME.test(name)) continue
    if (isCount(value)) yield [prefix + name, value]
    else if (typeof value === 'object' && value !== null && depth < DEPTH_MAX) {
      yield* numbersIn(value, `${prefix}${name}.`, depth + 1)
    }
  }
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? { ...value }
      : undefined
  } catch {
    return undefined
  }
}
