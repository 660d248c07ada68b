import { VulcanError } from '@vulcan/schema'
import { MIN_CID } from './constants.ts'

/** The highest context id a guest can have: 2^32 - 1 means "any" (vsock(7)). */
const MAX_CID = 0xffff_fffe

export class CidsExhaustedError extends VulcanError<'cids_exhausted'> {
  constructor(base: number) {
    super('cids_exhausted', `every vsock context id from ${base} on is in use: end some VMs first`)
  }
}

/**
 * Hands out vsock context ids that are unique while in use, the lowest free one first.
 *
 * Unique per process is enough: each VM has a vsock device of its own.
 */
export class CidAllocator {
  readonly #base: number
  readonly #max: number
  readonly #inUse = new Set<number>()

  constructor(base: number, max = MAX_CID) {
    if (!Number.isInteger(base) || base < MIN_CID || base > max) {
      throw new RangeError(
        `a context id base must be an integer from ${MIN_CID} to ${max}, not ${base}`,
      )
    }
    this.#base = base
    this.#max = max
  }

  /** Throws `CidsExhaustedError` when none is free. */
  allocate(): number {
    for (let cid = this.#base; cid <= this.#max; cid += 1) {
      if (!this.#inUse.has(cid)) {
        this.#inUse.add(cid)
        return cid
      }
    }
    throw new CidsExhaustedError(this.#base)
  }

  /** Content with an id that is not in use. */
  release(cid: number): void {
    this.#inUse.delete(cid)
  }
}
