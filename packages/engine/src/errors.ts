import { type Status, VulcanError } from '@vulcan/schema'

/** A workload that was not accepted: nothing of it is stored. `code` is its row in the table of outcomes. */
export class RefusedError extends VulcanError<'no_capacity' | 'shutdown' | 'invalid_request'> {
  /** What asks for more than this host will ever have; undefined where it may be accepted later. */
  readonly field: 'cpus' | 'memMib' | undefined
  /** Whether it is its owner who has too much waiting, and not the host. */
  readonly isOwners: boolean

  constructor(
    code: RefusedError['code'],
    message: string,
    { field, isOwners = false }: { field?: 'cpus' | 'memMib'; isOwners?: boolean } = {},
  ) {
    super(code, message)
    this.field = field
    this.isOwners = isOwners
  }
}

/** No workload has this id; or none that is kept any more. */
export class UnknownWorkloadError extends VulcanError<'workload_unknown'> {
  readonly workloadId: string

  constructor(workloadId: string) {
    super('workload_unknown', `there is no workload ${workloadId}`)
    this.workloadId = workloadId
  }
}

/** The owner used this key for a request that was another one. */
export class IdempotencyError extends VulcanError<'idempotency_mismatch'> {
  /** What the earlier request began. */
  readonly workloadId: string

  constructor(workloadId: string) {
    super(
      'idempotency_mismatch',
      `this idempotency key was used for another request, which began workload ${workloadId}`,
    )
    this.workloadId = workloadId
  }
}

/** What has ended cannot be ended again. */
export class WorkloadEndedError extends VulcanError<'workload_ended'> {
  readonly workloadId: string
  readonly status: Status

  constructor(workloadId: string, status: Status) {
    super('workload_ended', `workload ${workloadId} has ended already: it is ${status}`)
    this.workloadId = workloadId
    this.status = status
  }
}

/** A cursor that no list has given. */
export class CursorError extends VulcanError<'invalid_cursor'> {
  constructor() {
    super('invalid_cursor', 'cursor: must be the next_cursor of an earlier page')
  }
}

/** The store cannot be used by this process. */
export class StoreError extends VulcanError<'store_in_use' | 'store_newer' | 'store_closed'> {}
