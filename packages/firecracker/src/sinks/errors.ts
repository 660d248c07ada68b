import { VulcanError } from '@vulcan/schema'

/**
 * Why a sink is not read: `missing`, a `link` in its place, no file or FIFO (`type`), somebody
 * else's (`owner`), with a second name (`names`), or what the system says (`other`).
 */
export type SinkFailure = 'missing' | 'link' | 'type' | 'owner' | 'names' | 'other'

/** A log or metrics file that is not what it should be. Nothing of it was read. */
export class SinkError extends VulcanError<'sink_refused'> {
  readonly path: string
  readonly reason: SinkFailure

  constructor(path: string, reason: SinkFailure, explanation: string, options?: ErrorOptions) {
    super('sink_refused', `${path} is not read: ${explanation}`, options)
    this.path = path
    this.reason = reason
  }
}
