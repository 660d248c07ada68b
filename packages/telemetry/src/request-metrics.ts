import { METHODS, OTHER_ROUTE, ROUTES } from './instruments.ts'
import type { Meters } from './meters.ts'

/** An HTTP request that was answered, or whose client went away. */
export interface AnsweredRequest {
  readonly method: string
  /** The template of its route, never its path; `unknown` for none. */
  readonly route: string
  readonly status: number
  /** To the last byte of the answer. */
  readonly durationMs: number
}

/** A method that is in the table. */
export function knownMethod(method: string): (typeof METHODS)[number] {
  return METHODS.find((known) => known === method) ?? '_OTHER'
}

/** Measures HTTP requests. */
export class RequestMetrics {
  readonly #meters: Meters
  readonly #routes = new Set<string>()

  constructor(meters: Meters) {
    this.#meters = meters
  }

  answered({ method, route, status, durationMs }: AnsweredRequest): void {
    const labels = { method: knownMethod(method), path: this.#bounded(route) }
    this.#meters.add('vulcan.http.requests', 1, { ...labels, status: String(status) })
    this.#meters.record('vulcan.http.request.duration', durationMs, labels)
  }

  /** Templates are few; something that is none must not make series without end. */
  #bounded(route: string): string {
    if (!ROUTES.pattern.test(route)) return OTHER_ROUTE
    if (this.#routes.size < ROUTES.atMost - 1) this.#routes.add(route)
    return this.#routes.has(route) ? route : OTHER_ROUTE
  }
}
