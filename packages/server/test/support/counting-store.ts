import { type EventPage, MemoryStore } from '@vulcan/engine'

/** About how much a store gives at once. */
export const EVENT_PAGE_BYTES_MAX = 256 * 1024

/** Counts what readers of events take. */
export class CountingStore extends MemoryStore {
  eventBytes = 0

  override async events(id: string, afterSeq: number): Promise<EventPage> {
    const page = await super.events(id, afterSeq)
    for (const event of page.events) {
      if (event.type === 'output') this.eventBytes += event.bytes.byteLength
    }
    return page
  }
}
