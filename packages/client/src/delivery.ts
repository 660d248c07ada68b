import type { OutputStream, Phase } from '@vulcan/schema'
import type { LogEvent } from './wire/log-event.ts'
import type { Workload } from './wire/workload.ts'

/**
 * Listeners are awaited, one after the other; after an abort in all for as long as `run` may take then.
 * One that throws ends the workload, and `run` throws the same.
 */
export interface Listeners {
  readonly onStdout?: ((bytes: Uint8Array) => void | Promise<void>) | undefined
  readonly onStderr?: ((bytes: Uint8Array) => void | Promise<void>) | undefined
  readonly onPhase?: ((phase: Phase, atMs: number) => void | Promise<void>) | undefined
}

/**
 * What listeners have got, so that in the end they have got what the result has, once: a log may hold
 * more than that. They are called one after the other. Methods throw what a listener throws, or the
 * signal's reason: then they wait for it no longer.
 */
export class Delivery {
  readonly #listeners: Listeners
  readonly #limitBytes: number
  readonly #bytes = { stdout: 0, stderr: 0 }
  /** The last call of a listener. */
  #told: Promise<void> = Promise.resolve()

  constructor(listeners: Listeners, limitBytes: number) {
    this.#listeners = listeners
    this.#limitBytes = limitBytes
  }

  async event(event: LogEvent, signal: AbortSignal | undefined): Promise<void> {
    if (event.type === 'output') await this.#output(event.stream, event.bytes, signal)
    if (event.type !== 'phase') return
    const { phase, atMs } = event
    await this.#tell(() => this.#listeners.onPhase?.(phase, atMs), signal)
  }

  /** The rest, after a log that was given up. */
  async complete({ stdout, stderr }: Workload, signal: AbortSignal | undefined): Promise<void> {
    for (const [stream, bytes] of [
      ['stdout', stdout],
      ['stderr', stderr],
    ] as const) {
      const rest = bytes?.subarray(this.#bytes[stream])
      if (rest !== undefined) await this.#output(stream, rest, signal)
    }
  }

  async #output(
    stream: OutputStream,
    written: Uint8Array,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const bytes = written.subarray(0, this.#limitBytes - this.#bytes[stream])
    if (bytes.byteLength === 0) return
    const { onStdout, onStderr } = this.#listeners
    await this.#tell(() => {
      this.#bytes[stream] += bytes.byteLength
      return (stream === 'stdout' ? onStdout : onStderr)?.(bytes)
    }, signal)
  }

  async #tell(call: () => void | Promise<void>, signal: AbortSignal | undefined): Promise<void> {
    // One that an abort did not wait for may still be at work.
    await unlessAborted(this.#told, signal)
    this.#told = (async () => call())()
    await unlessAborted(this.#told, signal)
  }
}

/** Rejects with the signal's reason as soon as that aborts; what is not waited for then goes on. */
async function unlessAborted(work: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const abort = () => reject(signal?.reason)
  if (signal?.aborted) abort()
  signal?.addEventListener('abort', abort, { once: true })
  try {
    await Promise.race([aborted, work])
  } finally {
    signal?.removeEventListener('abort', abort)
  }
}
