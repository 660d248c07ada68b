import type { IncomingHttpHeaders } from 'node:http'
import type { Backend } from '@vulcan/backend'
import type { Engine } from '@vulcan/engine'
import type { NetworkMode, Readiness } from '@vulcan/schema'
import type { Logger } from 'pino'
import type { Authenticator } from './authenticator.ts'

/** Bounds of what clients can hold open. */
export interface HttpLimits {
  readonly connections: number
  /** Of one key: answers that follow a workload's logs. */
  readonly logReadersPerKey: number
  /** From the first byte of a connection or the end of the last request to the last header. */
  readonly headersMs: number
  /** For a whole request, body included. */
  readonly requestMs: number
  /** Between two requests on a connection. */
  readonly keepAliveMs: number
  /** How long a client may take nothing of an answer before its connection is cut. */
  readonly stalledReaderMs: number
  /** How often a silent stream of logs says that it is alive. */
  readonly heartbeatMs: number
  /** How long requests may take to be answered when the server closes. */
  readonly closeMs: number
}

export const DEFAULT_HTTP_LIMITS: HttpLimits = {
  connections: 1_000,
  logReadersPerKey: 100,
  headersMs: 15_000,
  requestMs: 120_000,
  keepAliveMs: 60_000,
  stalledReaderMs: 60_000,
  heartbeatMs: 15_000,
  closeMs: 5_000,
}

/** A request that was answered, or whose client went away: for metrics. */
export interface AnsweredRequest {
  readonly method: string
  /** The route's template, never the path: `/v1/workloads/{id}`; `unknown` for no route. */
  readonly route: string
  /** 499 where the client did not wait for one. */
  readonly status: number
  /** To the last byte of the answer. */
  readonly durationMs: number
}

/** A request as it arrives, for a trace. */
export interface IncomingRequest {
  /** As the log and the answer call it. */
  readonly id: string
  readonly method: string
  readonly headers: IncomingHttpHeaders
}

/** The span of a request that is being answered. */
export interface RequestTrace {
  /** Calls `proceed` with the span active. */
  run<T>(proceed: () => T): T
  /** Called when the answer has ended, or its connection is gone. */
  end(answer: Pick<AnsweredRequest, 'route' | 'status'>): void
}

/** What the host fills in where a workload does not say. */
export interface WorkloadDefaults {
  readonly cpus: number
  readonly memMib: number
  readonly network: NetworkMode
}

export interface ServerOptions {
  readonly engine: Engine
  readonly backends: () => readonly Backend[]
  /** Port 0: any free one. */
  readonly listen: { readonly host: string; readonly port: number }
  readonly limits?: Partial<HttpLimits>
  readonly authenticator: Authenticator
  /** The engine's own: for what quotas compare. */
  readonly defaults: WorkloadDefaults
  readonly readiness: () => Readiness
  /** In Prometheus' text format; absent: there is no `/metrics`. */
  readonly metrics?: () => Promise<{ readonly contentType: string; readonly body: string }>
  readonly logger: Logger
  /** Called in the server's way: neither throws nor waits. */
  readonly onRequest?: (request: AnsweredRequest) => void
  /** Begins the trace of a request; what handles it runs inside. */
  readonly traceRequest?: (request: IncomingRequest) => RequestTrace
  /** Pages of these may call the API (CORS): `https://example.org`. */
  readonly corsOrigins?: readonly string[]
}
