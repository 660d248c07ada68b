import { isSpanContextValid, trace } from '@opentelemetry/api'
import { type DestinationStream, type Logger, pino, stdTimeFunctions } from 'pino'
import { contexts } from './context.ts'
import { serializeError } from './serialize-error.ts'

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

export interface LoggerOptions {
  readonly level: LogLevel
  /** Default: standard error. */
  readonly destination?: DestinationStream
}

/** What is kept for a standard error that nobody reads; beyond it lines are dropped. */
const UNREAD_BYTES_MAX = 1024 * 1024

/** Headers that let somebody in, wherever a line has headers. */
const SECRETS = ['authorization', 'cookie', '["proxy-authorization"]', '["set-cookie"]']
const PLACES = ['', 'headers', 'req.headers', 'res.headers', '*.headers']

/** JSON, one line each, with the trace in whose span it was written. */
export function createLogger({ level, destination = standardError() }: LoggerOptions): Logger {
  return pino(
    {
      level,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      mixin: activeTrace,
      serializers: { err: serializeError, error: serializeError },
      redact: { paths: PLACES.flatMap(secretsIn), censor: '[redacted]' },
    },
    destination,
  )
}

/** Written later, so that whoever does not read it stops nobody; pino writes the rest at the exit. */
function standardError(): DestinationStream {
  return pino.destination({ fd: 2, sync: false, maxLength: UNREAD_BYTES_MAX })
}

function activeTrace(): object {
  const span = trace.getSpanContext(contexts.active())
  if (span === undefined || !isSpanContextValid(span)) return {}
  return { trace_id: span.traceId, span_id: span.spanId }
}

function secretsIn(place: string): string[] {
  return SECRETS.map((secret) => {
    return place === '' || secret.startsWith('[') ? `${place}${secret}` : `${place}.${secret}`
  })
}
