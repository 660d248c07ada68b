import { setImmediate as turn } from 'node:timers/promises'
import { isFinal, type OutputStream, type Workload } from '@vulcan/schema'
import type { Changes } from './changes.ts'
import { UnknownWorkloadError } from './errors.ts'
import type { RecordedEvent } from './recorded-event.ts'
import type { Store } from './store.ts'

export interface EventsOptions {
  /** The last event that the reader has (default -1: none). */
  readonly afterSeq?: number
  /** Whether to wait for more until the workload has ended (default true). */
  readonly follow?: boolean
  readonly signal?: AbortSignal | undefined
}

/** Reads what is recorded of workloads, a page at a time: nothing is read ahead of a slow reader. */
export class Reader {
  readonly #store: Store
  /** Of a workload's status or its events. */
  readonly #news: Changes

  constructor(store: Store, news: Changes) {
    this.#store = store
    this.#news = news
  }

  /** Throws `UnknownWorkloadError`. */
  async get(id: string): Promise<Workload> {
    const workload = await this.#store.get(id)
    if (workload === undefined) throw new UnknownWorkloadError(id)
    return workload
  }

  /** Throws `UnknownWorkloadError`. */
  async hasEnded(id: string): Promise<boolean> {
    const status = await this.#store.status(id)
    if (status === undefined) throw new UnknownWorkloadError(id)
    return isFinal(status)
  }

  /** As `Engine.events`. */
  async *events(
    id: string,
    { afterSeq = -1, follow = true, signal }: EventsOptions,
  ): AsyncGenerator<RecordedEvent, void, undefined> {
    let lastSeq = afterSeq
    for (;;) {
      using news = this.#news.watch(id)
      // Before the events: whoever ends a workload has stored them all.
      const hasEnded = await this.hasEnded(id)
      const { events, isLast } = await this.#store.events(id, lastSeq)
      for (const event of events) {
        signal?.throwIfAborted()
        yield event
        lastSeq = event.seq
      }
      if (!isLast) {
        // Nothing of a store in this process has to wait: a reader that takes all at once would let
        // nobody else go on.
        await turn()
        continue
      }
      if (hasEnded || !follow) return
      await news.wait(signal)
    }
  }

  /** As `Engine.output`. */
  async *output(
    id: string,
    stream: OutputStream,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    let { outputLimitBytes: leftBytes } = await this.get(id)
    if (leftBytes === 0) return
    for await (const event of this.events(id, { follow: false, signal })) {
      if (event.type !== 'output' || event.stream !== stream) continue
      const bytes = event.bytes.subarray(0, leftBytes)
      leftBytes -= bytes.byteLength
      yield bytes
      if (leftBytes === 0) return
    }
  }
}
