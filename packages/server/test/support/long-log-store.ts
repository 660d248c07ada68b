import { type EventPage, MemoryStore } from '@vulcan/engine'

/** So many that whoever reads them all in one go is seen. */
export const PAGES_MAX = 50_000

/** A log that goes on, a line a page, until the test has seen enough or there are `PAGES_MAX`. */
export class LongLogStore extends MemoryStore {
  pages = 0
  isEnough = false
  readonly #begun = Promise.withResolvers<void>()

  /** Resolves when somebody reads. */
  get begun(): Promise<void> {
    return this.#begun.promise
  }

  override async events(_id: string, afterSeq: number): Promise<EventPage> {
    this.#begun.resolve()
    if (this.isEnough || this.pages === PAGES_MAX) return { events: [], isLast: true }
    this.pages += 1
    const bytes = Buffer.from('\n')
    const event = { type: 'output', stream: 'stdout', bytes, seq: afterSeq + 1, atMs: 0 } as const
    return { events: [event], isLast: false }
  }
}
