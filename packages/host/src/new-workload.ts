import { parseWorkload, type WorkloadSpec, type WorkloadSpecInput } from '@vulcan/schema'
import { ulid } from 'ulid'

/** Gives a workload its id and its defaults. Throws `InvalidWorkloadError`. */
export function newWorkload(input: Omit<WorkloadSpecInput, 'id'>): WorkloadSpec {
  return parseWorkload({ ...input, id: ulid() })
}
