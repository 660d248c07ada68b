import { Problem } from '@vulcan/schema'
import * as z from 'zod'

interface JsonAnswer {
  readonly description: string
  readonly content: { readonly 'application/json': { readonly schema: z.ZodType } }
}

/** How an answer in JSON is described. */
export function json(schema: z.ZodType, description: string): JsonAnswer {
  return { description, content: { 'application/json': { schema } } }
}

/** What every other answer of a route is. */
export const OTHERWISE = {
  description: 'The request was refused; code says why.',
  content: { 'application/problem+json': { schema: Problem } },
} as const

/** The path of one workload. */
export const WorkloadPath = z.object({ id: z.string().describe("The workload's id, a ULID.") })
