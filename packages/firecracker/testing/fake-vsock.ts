import { unlink } from 'node:fs/promises'
import type { Socket } from 'node:net'
import type { Vsock } from '../src/schemas/vsock.ts'
import { Fault } from '../src/server/fault.ts'
import { bindLikeFirecracker } from './bind-like-firecracker.ts'
import { HybridVsock, type HybridVsockOptions } from './hybrid-vsock.ts'

/** The vsock of a fake VM: absent, bound, or bound anew when it is configured again. */
export class FakeVsock {
  readonly #options: HybridVsockOptions
  #bound: { readonly path: string; readonly device: HybridVsock } | undefined
  #closed = false

  constructor(options: HybridVsockOptions) {
    this.#options = options
  }

  /** `owner` is the user of a jailed VMM. */
  async bind({ udsPath }: Vsock, owner: number | undefined): Promise<void> {
    if (this.#bound !== undefined) {
      this.#bound.device.close()
      await unlink(this.#bound.path)
    }
    const device = new HybridVsock(this.#options)
    try {
      await bindLikeFirecracker(device.server, udsPath, 0o755, owner)
    } catch (error) {
      throw new Fault(`Vsock config error: ${String(error)}`, { cause: error })
    }
    this.#bound = { path: udsPath, device }
    if (this.#closed) device.close()
  }

  dialHost(port: number): Promise<Socket> {
    if (this.#bound === undefined) throw new Error('the fake VM has no vsock')
    return this.#bound.device.dialHost(`${this.#bound.path}_${port}`)
  }

  /** A snapshot resets all connections; who listens stays. */
  reset(): void {
    this.#bound?.device.reset()
  }

  /** As the end of the VMM: the socket stays behind, dead. */
  close(): void {
    this.#closed = true
    this.#bound?.device.close()
  }
}
