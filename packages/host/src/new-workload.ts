import { VulcanError, WorkloadSpec, type WorkloadSpecInput } from '@vulcan/schema'
import { ulid } from 'ulid'

/** A workload that cannot be: refused before anything is made. */
export class InvalidWorkloadError extends VulcanError<'invalid_request'> {
  /** The first field that is wrong. */
  readonly field: string

  constructor(field: string, problem: string, options?: ErrorOptions) {
    super('invalid_request', `${field}: ${problem}`, options)
    this.field = field
  }
}

/** Gives a workload its id and its defaults. Throws `InvalidWorkloadError`. */
export function newWorkload(input: Omit<WorkloadSpecInput, 'id'>): WorkloadSpec {
  const parsed = WorkloadSpec.safeParse({ ...input, id: ulid() })
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new InvalidWorkloadError(issue?.path.join('.') ?? '', issue?.message ?? 'is wrong', {
    cause: parsed.error,
  })
}
