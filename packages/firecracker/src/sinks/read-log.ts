import { printable, type ReadSinkOptions, readSink, type Sink } from './read-sink.ts'

/** One line of the VMM's own log. */
export interface LogEvent {
  readonly kind: 'log'
  /** In the local time of the VMM, to the nanosecond: `2026-01-31T12:00:00.123456789`. */
  readonly time: string
  readonly vmId: string
  readonly thread: string
  /** With the logger's `showLevel`. */
  readonly level: LogLevel | undefined
  /** With the logger's `showLogOrigin`. */
  readonly origin: { readonly file: string; readonly line: number | undefined } | undefined
  /** Without control characters. */
  readonly message: string
}

const LEVELS = ['ERROR', 'WARN', 'INFO', 'DEBUG', 'TRACE'] as const
export type LogLevel = (typeof LEVELS)[number]

const LINE_BYTES_MAX = 8 * 1024
const LINE =
  /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}) \[([A-Za-z0-9-]{1,64}):([^:\]]{1,64})(?::(ERROR|WARN|INFO|DEBUG|TRACE))?(?::([^:\]]{1,256}):(\d{1,9}|\?))?\] (.*)$/s

/**
 * Reads the log that `PUT /logger` or `--log-path` asked for: a FIFO until the VMM ends, a file up
 * to where it ends now. A line may have `lineBytesMax` bytes (default 8 KiB).
 *
 * Throws `SinkError` (`sink_refused`).
 */
export function readLog(options: ReadSinkOptions): Sink<LogEvent> {
  const { lineBytesMax = LINE_BYTES_MAX } = options
  return readSink({ ...options, lineBytesMax }, parseLogLine)
}

/** Undefined where it is no line of Firecracker's log. */
export function parseLogLine(text: string): LogEvent | undefined {
  const match = LINE.exec(text)
  if (match === null) return undefined
  const [, time = '', vmId = '', thread = '', level, file, line, message = ''] = match
  return {
    kind: 'log',
    time,
    vmId,
    thread: printable(thread),
    level: LEVELS.find((known) => known === level),
    origin:
      file === undefined
        ? undefined
        : { file: printable(file), line: line === '?' ? undefined : Number(line) },
    message: printable(message),
  }
}
