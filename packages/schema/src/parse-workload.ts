import { VulcanError } from './error.ts'
import { WorkloadSpec, type WorkloadSpecInput } from './workload.ts'

/** A workload that cannot be: refused before anything is made. */
export class InvalidWorkloadError extends VulcanError<'invalid_request'> {
  /** The first field that is wrong. */
  readonly field: string

  constructor(field: string, problem: string, options?: ErrorOptions) {
    super('invalid_request', `${field}: ${problem}`, options)
    this.field = field
  }
}

/** Checks a workload and gives it its defaults. Throws `InvalidWorkloadError`. */
export function parseWorkload(input: WorkloadSpecInput): WorkloadSpec {
  const parsed = WorkloadSpec.safeParse(input)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new InvalidWorkloadError(issue?.path.join('.') ?? '', issue?.message ?? 'is wrong', {
    cause: parsed.error,
  })
}
