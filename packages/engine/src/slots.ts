import type { Backend } from '@vulcan/backend'
import { RefusedError } from './errors.ts'

/** What a host has to give to all workloads that run at once; what is absent is not counted. */
export interface Capacity {
  readonly cpus?: number | undefined
  readonly memMib?: number | undefined
}

export interface Needs {
  readonly cpus: number
  readonly memMib: number
}

/** What runs, and what is left for others: places in each backend, memory and processors. */
export class Slots {
  readonly #capacity: Required<{ [Name in keyof Capacity]: number }>
  readonly #running = new Map<Backend, number>()
  readonly #used = { cpus: 0, memMib: 0 }

  constructor({ cpus = Number.POSITIVE_INFINITY, memMib = Number.POSITIVE_INFINITY }: Capacity) {
    this.#capacity = { cpus, memMib }
  }

  /** Of all that have a slot. */
  get memMib(): number {
    return this.#used.memMib
  }

  /** Throws `RefusedError` `no_capacity` for what this host could not hold even if it were empty. */
  refuseImpossible({ cpus, memMib }: Needs): void {
    const { cpus: mostCpus, memMib: mostMib } = this.#capacity
    if (cpus > mostCpus) {
      throw new RefusedError('no_capacity', `cpus: ${cpus} are more than this host's ${mostCpus}`, {
        field: 'cpus',
      })
    }
    if (memMib > mostMib) {
      throw new RefusedError(
        'no_capacity',
        `mem_mb: ${memMib} MiB are more than this host's ${mostMib} MiB`,
        { field: 'memMib' },
      )
    }
  }

  /** Takes a slot, or gives undefined when there is none now. Disposing gives it back, once. */
  take(backend: Backend, { cpus, memMib }: Needs): Disposable | undefined {
    const running = this.#running.get(backend) ?? 0
    if (running >= backend.capabilities().maxConcurrency) return undefined
    if (this.#used.cpus + cpus > this.#capacity.cpus) return undefined
    if (this.#used.memMib + memMib > this.#capacity.memMib) return undefined
    this.#add(backend, 1, { cpus, memMib })
    const held = new DisposableStack()
    held.defer(() => this.#add(backend, -1, { cpus: -cpus, memMib: -memMib }))
    return held
  }

  #add(backend: Backend, count: number, { cpus, memMib }: Needs): void {
    this.#running.set(backend, (this.#running.get(backend) ?? 0) + count)
    this.#used.cpus += cpus
    this.#used.memMib += memMib
  }
}
