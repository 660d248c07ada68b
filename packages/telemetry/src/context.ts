import { createContextKey } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'

/**
 * Which span is active where. One for the process, as the logs need it too, but not made
 * OpenTelemetry's global one: nothing outside this package is to find it.
 */
export const contexts = new AsyncLocalStorageContextManager()

/** The id of the HTTP request in whose context something happens. */
export const REQUEST_ID = createContextKey('vulcan.request.id')
