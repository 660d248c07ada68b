import { messageOf, VulcanError } from '@vulcan/schema'
import type { Missing } from '../versions/missing-from.ts'

/** One request to a VMM's API, as errors name it. */
export interface ApiCall {
  readonly method: string
  readonly path: string
  readonly socketPath: string
}

/** The VMM answered and refused: `faultMessage` says why, in the VMM's words. */
export class ApiFaultError extends VulcanError<'vmm_api_fault'> {
  readonly method: string
  readonly path: string
  readonly status: number
  readonly faultMessage: string

  constructor(call: ApiCall, status: number, faultMessage: string) {
    super('vmm_api_fault', `${call.method} ${call.path} was refused (${status}): ${faultMessage}`)
    this.method = call.method
    this.path = call.path
    this.status = status
    this.faultMessage = faultMessage
  }
}

/** Nobody answers on the socket: the VMM has ended or does not listen yet. */
export class ApiUnreachableError extends VulcanError<'vmm_api_unreachable'> {
  readonly method: string
  readonly path: string
  readonly socketPath: string

  constructor(call: ApiCall, cause: unknown) {
    const reason = messageOf(cause)
    super(
      'vmm_api_unreachable',
      `no answer to ${call.method} ${call.path} on ${call.socketPath}: ${reason}; see whether the VMM still runs`,
      { cause },
    )
    this.method = call.method
    this.path = call.path
    this.socketPath = call.socketPath
  }
}

/** The VMM took longer than the call's deadline; whether it acted on the call is unknown. */
export class ApiDeadlineError extends VulcanError<'vmm_api_deadline'> {
  readonly method: string
  readonly path: string
  readonly deadlineMs: number

  constructor(call: ApiCall, deadlineMs: number) {
    super(
      'vmm_api_deadline',
      `${call.method} ${call.path} was not answered within ${deadlineMs} ms; end the VMM`,
    )
    this.method = call.method
    this.path = call.path
    this.deadlineMs = deadlineMs
  }
}

/** The answer is too long, is not JSON, or does not have the shape that Firecracker 1.16 gives it. */
export class ApiResponseError extends VulcanError<'vmm_api_response'> {
  readonly method: string
  readonly path: string

  constructor(call: ApiCall, reason: string, options?: ErrorOptions) {
    super(
      'vmm_api_response',
      `the answer to ${call.method} ${call.path} is not usable: ${reason}`,
      options,
    )
    this.method = call.method
    this.path = call.path
  }
}

/** The running VMM is older than a call or a field of its body. Nothing was sent. */
export class UnsupportedByVersionError extends VulcanError<'unsupported_by_version'> {
  /** As in the API's documents: `PUT /drives/{id}`. */
  readonly endpoint: string
  /** As on the wire; undefined where the call itself is missing. */
  readonly field: string | undefined
  readonly neededVersion: string
  readonly runningVersion: string

  constructor({ endpoint, field, neededVersion }: Missing, runningVersion: string) {
    const what = field === undefined ? endpoint : `the field ${field} of ${endpoint}`
    super(
      'unsupported_by_version',
      `${what} needs Firecracker ${neededVersion}, and ${runningVersion} runs; update it or leave this out`,
    )
    this.endpoint = endpoint
    this.field = field
    this.neededVersion = neededVersion
    this.runningVersion = runningVersion
  }
}

/** Something that Firecracker has and this library does not offer. Nothing was sent. */
export class UnsupportedError extends VulcanError<'unsupported'> {
  readonly what: string

  constructor(what: string, reason: string) {
    super('unsupported', `${what} is not supported: ${reason}`)
    this.what = what
  }
}
