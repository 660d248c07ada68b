import type { Monitor, MonitorEvent } from './monitor.ts'

/** How QEMU calls the end of a guest that powered off. */
const POWERED_OFF = 'guest-shutdown'

/**
 * Starts a guest again that powers off, so often and no more. It is how the agent asks for it, when
 * it finds that the kernel measured its timer wrong. Nothing is lost that Firecracker would have:
 * it does not notice when its guest powers off.
 */
export class Restarts {
  #left: number
  #isResetting = false

  constructor(max: number) {
    this.#left = max
  }

  /** To be called when the monitor is connected: a guest that ends is then paused, and can go on. */
  prepare(monitor: Monitor): void {
    if (this.#left > 0) monitor.execute('set-action', { shutdown: 'pause' })
  }

  /** Whether the event belongs to a restart. */
  handle({ name, data }: MonitorEvent, monitor: Monitor): boolean {
    if (this.#isResetting && name === 'RESET') {
      this.#isResetting = false
      monitor.execute('set-action', { reboot: 'shutdown' })
      monitor.execute('cont')
      return true
    }
    const isPowerOff =
      name === 'SHUTDOWN' && data['guest'] === true && data['reason'] === POWERED_OFF
    if (!isPowerOff || this.#left === 0) return false
    this.#left -= 1
    this.#isResetting = true
    // QEMU was told to shut down at a reset: what the guest's own must lead to.
    monitor.execute('set-action', { reboot: 'reset' })
    monitor.execute('system_reset')
    return true
  }
}
