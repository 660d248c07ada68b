import { type Drive, Fault } from '@vulcan/firecracker/api'
import { INSIDE } from './inside.ts'

type RateLimiter = NonNullable<Drive['rateLimiter']>
type TokenBucket = NonNullable<RateLimiter['bandwidth']>

/**
 * QEMU's arguments for one drive: the file, its limits, and the device on the given bus.
 *
 * As in Firecracker, `Unsafe` (the default) lets the guest's flushes end in the host's page cache.
 * An image that cannot be written needs no lock, and many machines share it. Errors are reported to
 * the guest: by default a full disk would stop the machine for ever.
 * Throws `Fault` for a rate limiter that QEMU's throttling cannot express.
 */
export function driveArguments(drive: Drive, index: number, bus: string): string[] {
  const readOnly = drive.isReadOnly === true
  const writeback = drive.cacheType === 'Writeback'
  const file = {
    driver: 'raw',
    'read-only': readOnly,
    cache: { 'no-flush': !writeback },
    file: {
      driver: 'file',
      filename: INSIDE.drive(index),
      aio: drive.ioEngine === 'Async' ? 'io_uring' : 'threads',
      ...(readOnly ? { locking: 'off' } : {}),
    },
  }
  const node = `drive${index}`
  const limits = throttleLimits(drive.rateLimiter)
  const group = `limits${index}`
  const throttled = { driver: 'throttle', 'throttle-group': group, file }
  const device = {
    driver: 'virtio-blk-device',
    drive: node,
    bus,
    serial: drive.driveId.slice(0, SERIAL_LENGTH_MAX),
    werror: 'report',
    rerror: 'report',
  }
  return [
    ...(limits
      ? ['-object', JSON.stringify({ 'qom-type': 'throttle-group', id: group, limits })]
      : []),
    ...['-blockdev', JSON.stringify({ 'node-name': node, ...(limits ? throttled : file) })],
    ...['-device', JSON.stringify(device)],
  ]
}

/** VIRTIO_BLK_ID_BYTES. */
const SERIAL_LENGTH_MAX = 20

/** Undefined where nothing is limited. Throws `Fault` for what QEMU's throttling cannot express. */
export function throttleLimits(
  limiter: RateLimiter | undefined,
): Record<string, number> | undefined {
  const limits = {
    ...averagePerSecond('bps-total', limiter?.bandwidth),
    ...averagePerSecond('iops-total', limiter?.ops),
  }
  return Object.keys(limits).length === 0 ? undefined : limits
}

/** A bucket of size or refill time 0 limits nothing, as in Firecracker. */
function averagePerSecond(name: string, bucket: TokenBucket | undefined): Record<string, number> {
  if (bucket === undefined || bucket.size === 0 || bucket.refillTime === 0) return {}
  if ((bucket.oneTimeBurst ?? 0) > 0) {
    throw new Fault('Drive config error: QEMU cannot honour one_time_burst of a rate limiter')
  }
  return { [name]: Math.max(1, Math.floor((bucket.size * 1000) / bucket.refillTime)) }
}
