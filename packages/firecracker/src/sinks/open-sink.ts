import { closeSync, constants, createReadStream, fstatSync, openSync, type Stats } from 'node:fs'
import { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { messageOf } from '@vulcan/schema'
import { SinkError } from './errors.ts'

/**
 * Opens what a VMM writes to. The VMM may own the directory, so the last part of the path is followed
 * as no link, no device is read, and nothing taken that is somebody else's or has a second name
 * elsewhere. The directories before it are followed, and have to be the caller's: what a VMM can put
 * deeper in its jail is for `openInJail`.
 *
 * A FIFO is read until its last writer has ended, a file up to where it ends now. The stream owns
 * the descriptor. Throws `SinkError` (`sink_refused`).
 */
export function openSink(path: string, uid: number): Readable {
  // Neither waits: O_NONBLOCK opens a FIFO without a writer.
  const fd = openUnfollowed(path)
  try {
    const stats = fstatSync(fd)
    checkSink(path, stats, uid)
    return stats.isFIFO()
      ? new Socket({ fd, readable: true, writable: false })
      : createReadStream(path, { fd })
  } catch (error) {
    closeSync(fd)
    throw error
  }
}

function openUnfollowed(path: string): number {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK, O_NOCTTY } = constants
  try {
    return openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY)
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
    if (code === 'ELOOP') throw new SinkError(path, 'link', 'it is a symbolic link', { cause })
    if (code === 'ENOENT') throw new SinkError(path, 'missing', 'it does not exist', { cause })
    // A socket cannot be opened, and a device may have no driver.
    if (code === 'ENXIO') throw new SinkError(path, 'type', 'it is no file or FIFO', { cause })
    throw new SinkError(path, 'other', messageOf(cause), { cause })
  }
}

function checkSink(path: string, stats: Stats, uid: number): void {
  if (!stats.isFIFO() && !stats.isFile()) {
    throw new SinkError(path, 'type', 'it is no file or FIFO')
  }
  if (stats.uid !== uid) {
    throw new SinkError(path, 'owner', `it belongs to user ${stats.uid}, not to ${uid}`)
  }
  if (stats.nlink !== 1) {
    throw new SinkError(path, 'names', `it has ${stats.nlink} names, and may be another's`)
  }
}
