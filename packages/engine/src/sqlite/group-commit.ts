import type { DatabaseSync } from 'node:sqlite'
import { StoreError } from '../errors.ts'

interface Change {
  /** Applies it inside the transaction. */
  readonly apply: () => void
  readonly durability: Durability
  readonly committed: () => void
  readonly failed: (error: unknown) => void
}

/**
 * What is committed survives the end of this process; a loss of power it survives `now`, or with the
 * next change that does (PRAGMA synchronous, FULL and NORMAL with a write-ahead log).
 */
type Durability = 'now' | 'later'

/**
 * One transaction for all changes that are asked for in the same turn of the event loop: what costs
 * is the disk's acknowledgement, and they share it.
 */
export class GroupCommit {
  readonly #database: DatabaseSync
  /** That of the last commit, which SQLite keeps; undefined when it is not known. */
  #durability: Durability | undefined
  #waiting: Change[] = []
  #closed = false

  constructor(database: DatabaseSync) {
    this.#database = database
  }

  /** Resolves with what `change` returned when that is committed; rejects when nothing of it is there. */
  run<Result>(change: () => Result, durability: Durability = 'now'): Promise<Result> {
    if (this.#closed) return Promise.reject(new StoreError('store_closed', 'the store is closed'))
    const { promise, resolve, reject } = Promise.withResolvers<Result>()
    let result: Result
    this.#waiting.push({
      apply: () => {
        result = change()
      },
      durability,
      committed: () => resolve(result),
      failed: reject,
    })
    if (this.#waiting.length === 1) setImmediate(() => this.#commitWaiting())
    return promise
  }

  /** Commits what waits; later changes are refused. */
  close(): void {
    this.#closed = true
    this.#commitWaiting()
  }

  #commitWaiting(): void {
    const group = this.#waiting
    this.#waiting = []
    if (group.length === 0) return
    try {
      this.#commit(group)
    } catch {
      // One that cannot be (the disk is full for it) must not take the others with it.
      for (const change of group) this.#commitAlone(change)
      return
    }
    for (const change of group) change.committed()
  }

  #commitAlone(change: Change): void {
    try {
      this.#commit([change])
    } catch (error) {
      change.failed(error)
      return
    }
    change.committed()
  }

  #commit(group: readonly Change[]): void {
    this.#demand(group.some(({ durability }) => durability === 'now') ? 'now' : 'later')
    this.#database.exec('BEGIN IMMEDIATE')
    try {
      for (const { apply } of group) apply()
      this.#database.exec('COMMIT')
    } catch (error) {
      // Some errors (a full disk) have rolled it back already.
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
      throw error
    }
  }

  #demand(durability: Durability): void {
    if (durability === this.#durability) return
    this.#database.exec(`PRAGMA synchronous = ${durability === 'now' ? 'FULL' : 'NORMAL'}`)
    this.#durability = durability
  }
}
