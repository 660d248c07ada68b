import {
  defaultTextMapGetter,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import {
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_HTTP_ROUTE,
} from '@opentelemetry/semantic-conventions'
import { contexts, REQUEST_ID } from './context.ts'
import { type AnsweredRequest, knownMethod } from './request-metrics.ts'

/** An HTTP request as it arrives. */
export interface IncomingRequest {
  /** As the logs and the answer call it. */
  readonly id: string
  readonly method: string
  /** Of which `traceparent` and `tracestate` are read. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
}

/** The span of a request that is being answered. */
export interface RequestTrace {
  /**
   * Calls `proceed` with the span active. To be called again where the context is lost, as by
   * reading a body.
   */
  run<T>(proceed: () => T): T
  /** To be called when the answer has ended, or its connection is gone. */
  end(answer: Pick<AnsweredRequest, 'route' | 'status'>): void
}

export interface TraceOptions {
  readonly tracer: Tracer
  /** Whether the caller's `traceparent` is honoured (W3C Trace Context). */
  readonly propagates: boolean
}

const propagator = new W3CTraceContextPropagator()

/** Begins the span of a request; without tracing the caller's context is still handed on. */
export function traceRequest(
  { tracer, propagates }: TraceOptions,
  { id, method, headers }: IncomingRequest,
): RequestTrace {
  const caller = propagates
    ? propagator.extract(ROOT_CONTEXT, headers, defaultTextMapGetter)
    : ROOT_CONTEXT
  const known = knownMethod(method)
  const attributes = { [ATTR_HTTP_REQUEST_METHOD]: known, 'vulcan.request.id': id }
  const span = tracer.startSpan(known, { kind: SpanKind.SERVER, attributes }, caller)
  const context = trace.setSpan(caller, span).setValue(REQUEST_ID, id)
  return {
    run: (proceed) => contexts.with(context, proceed),
    end({ route, status }) {
      if (!span.isRecording()) return
      span.updateName(`${known} ${route}`)
      span.setAttributes({ [ATTR_HTTP_ROUTE]: route, [ATTR_HTTP_RESPONSE_STATUS_CODE]: status })
      if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR })
      span.end()
    },
  }
}
