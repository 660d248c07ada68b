import type * as z from 'zod'
import { ConnectionError } from '../errors.ts'
import type { Settings } from '../options.ts'
import { readText } from './body.ts'
import { type Call, exchange } from './exchange.ts'

/** Both streams at their limit of 16 MiB, once apart and once together, in base64; and the rest. */
const ANSWER_BYTES_MAX = 96 * 1024 ** 2

/**
 * Makes one request and resolves with its answer, checked. Throws `ApiError`, `ConnectionError`, or
 * the signal's reason.
 */
export async function askJson<Schema extends z.ZodType>(
  settings: Settings,
  call: Call,
  schema: Schema,
): Promise<z.output<Schema>> {
  const response = await exchange(settings, call)
  const limits = { silenceMs: settings.timeoutMs, bytesMax: ANSWER_BYTES_MAX }
  return checkJson(await readText(response, limits, call.signal), schema)
}

/** Throws `ConnectionError` `answer_invalid`. */
export function checkJson<Schema extends z.ZodType>(
  text: string,
  schema: Schema,
): z.output<Schema> {
  const checked = schema.safeParse(parseJson(text))
  if (checked.success) return checked.data
  const [issue] = checked.error.issues
  const where = issue?.path.join('.') || 'the answer'
  throw invalid(`${where}: ${issue?.message ?? 'is wrong'}`, checked.error)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw invalid('it is no JSON', cause)
  }
}

function invalid(problem: string, cause: unknown): ConnectionError {
  const words = `the server's answer is not what its API promises: ${problem}`
  return new ConnectionError('answer_invalid', words, { cause })
}
