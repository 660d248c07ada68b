import { RefusedError } from '@vulcan/engine'
import { ProblemCode, VulcanError } from '@vulcan/schema'
import type { FastifyError } from 'fastify'
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod'
import { HttpProblem } from '../http-problem.ts'

/** When to ask again a host that is full or is about to end: others' work takes some seconds. */
const RETRY_AFTER_S = 5

/** What Fastify says of a request that it could not take, by its codes. */
const FASTIFY_CODES: Readonly<Record<string, readonly [ProblemCode, string]>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: ['payload_too_large', 'the body is larger than 15 MB'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['unsupported_media_type', 'the body must be application/json'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: [
    'invalid_request',
    'the body is not as long as Content-Length says',
  ],
  FST_ERR_BAD_URL: [
    'invalid_request',
    'the path is not a valid one: its percent-encoding is wrong',
  ],
  FST_ERR_MAX_PARAM_LENGTH: ['route_unknown', 'there is no such resource'],
}

/**
 * Why a request fails, as its caller is told. What is no refusal is a failure of the server: of it
 * the caller learns only the code `internal`, and `cause` is for the log.
 */
export function toHttpProblem(error: unknown): HttpProblem {
  if (error instanceof HttpProblem) return error
  if (error instanceof RefusedError) return ofRefusal(error)
  if (error instanceof VulcanError) return ofVulcan(error)
  if (hasZodFastifySchemaValidationErrors(error)) return ofValidation(error)
  return ofFastify(error)
}

/** What the engine's `no_capacity` means to a client: whether and when to ask again. */
function ofRefusal(error: RefusedError): HttpProblem {
  if (error.field !== undefined) {
    const field = error.field === 'cpus' ? 'resources.cpus' : 'resources.mem_mb'
    return new HttpProblem('invalid_request', `resources.${error.message}`, { cause: error, field })
  }
  if (!error.isOwners) return ofVulcan(error)
  const retryAfterS = RETRY_AFTER_S
  return new HttpProblem('quota_exceeded', error.message, { cause: error, retryAfterS })
}

function ofVulcan(error: VulcanError): HttpProblem {
  const code = ProblemCode.safeParse(error.code).data
  if (code === undefined || code === 'internal') return internal(error)
  const retryAfterS = code === 'no_capacity' || code === 'shutdown' ? RETRY_AFTER_S : undefined
  const field = 'field' in error && typeof error.field === 'string' ? error.field : undefined
  return new HttpProblem(code, error.message, { cause: error, retryAfterS, field })
}

function ofValidation(error: Pick<FastifyError, 'validation' | 'validationContext'>): HttpProblem {
  const [issue] = error.validation ?? []
  const path = issue?.instancePath.split('/').filter((part) => part !== '') ?? []
  const field = path.join('.') || (error.validationContext ?? 'body')
  return new HttpProblem('invalid_request', `${field}: ${issue?.message ?? 'is wrong'}`, { field })
}

function ofFastify(error: unknown): HttpProblem {
  if (!(error instanceof Error)) return internal(error)
  const { code = '', statusCode = 500 } = error as Partial<FastifyError>
  const [known, detail] = FASTIFY_CODES[code] ?? []
  if (known !== undefined) return new HttpProblem(known, detail ?? '', { cause: error })
  // Of the connection, such as a body that ends early.
  if (statusCode >= 400 && statusCode < 500) {
    return new HttpProblem('invalid_request', 'the request could not be read', { cause: error })
  }
  return internal(error)
}

function internal(cause: unknown): HttpProblem {
  const detail = 'the server failed to answer; its log has more under this request id'
  return new HttpProblem('internal', detail, { cause })
}
