import { messageOf } from '@vulcan/schema'
import type { z } from 'zod'
import { Fault } from './fault.ts'
import { repeatedName } from './repeated-name.ts'

const PREFIX = 'An error occurred when deserializing the json body of a request:'

/** Throws `Fault` where `text` is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    const reason = messageOf(error)
    throw new Fault(`${PREFIX} ${reason}.`, { cause: error })
  }
}

/** As `parseJson`, for what has a shape: no field may come twice, in serde's words. */
export function parseFields(text: string): unknown {
  const value = parseJson(text)
  const repeated = repeatedName(text)
  if (repeated === undefined) return value
  throw new Fault(`${PREFIX} duplicate field \`${repeated}\`.`)
}

/** The refusal of a field that is not in the shape, in serde's words. */
export function unknownField(name: string): Fault {
  return new Fault(`${PREFIX} unknown field \`${name}\`.`)
}

/** Throws `Fault` where `body` does not have the shape, in serde's words. */
export function decodeBody<Value>(schema: z.ZodType<Value>, body: unknown): Value {
  const result = schema.safeParse(body, { reportInput: true })
  if (result.success) return result.data
  const reasons = result.error.issues.map(describeIssue).join('; ')
  throw new Fault(`${PREFIX} ${reasons}.`, { cause: result.error })
}

function describeIssue(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => `unknown field \`${key}\``).join(', ')
  }
  const path = issue.path.join('.')
  const isValue = issue.code === 'invalid_type' || issue.code === 'invalid_value'
  if (isValue && issue.input === undefined) return `missing field \`${String(issue.path.at(-1))}\``
  if (issue.code === 'invalid_value' && typeof issue.input === 'string') {
    const known = issue.values.map((value) => `\`${String(value)}\``).join(', ')
    return `unknown variant \`${issue.input}\`, expected one of ${known}`
  }
  return path === '' ? issue.message : `${path}: ${issue.message}`
}
