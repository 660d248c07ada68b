import type { MachineConfiguration } from '@vulcan/firecracker/api'
import { whenAborted } from './deadline.ts'
import type { MachineHost } from './machine-host.ts'
import { startQemu } from './qemu.ts'
import { startVsockDevice } from './vsock-device.ts'

/** How a machine ended: by its guest, or because one of its programs failed. */
export type MachineEnd =
  | { readonly by: 'guest'; readonly reason: string }
  | { readonly by: 'failure'; readonly error: unknown }

/** A running machine. Disposing ends its programs and removes its sockets. */
export interface Machine extends AsyncDisposable {
  /** Never rejects. */
  readonly ended: Promise<MachineEnd>
  pause(): void
  resume(): void
}

/**
 * Starts vhost-device-vsock, if the machine has a vsock, then QEMU. Throws what `startVsockDevice`
 * and `startQemu` throw; nothing is left then.
 */
export async function startMachine(
  configuration: MachineConfiguration,
  host: MachineHost,
  signal: AbortSignal,
): Promise<Machine> {
  await using stack = new AsyncDisposableStack()
  const { vsock } = configuration
  const device = vsock && stack.use(await startVsockDevice(vsock, host, signal))
  const signals = device ? AbortSignal.any([signal, device.ended]) : signal
  const qemu = stack.use(await startQemu(configuration, host, device?.vhostUserPath, signals))

  const failed = async (program: { ended: AbortSignal }): Promise<MachineEnd> => {
    return { by: 'failure', error: await whenAborted(program.ended) }
  }
  const qemuEnded = failed(qemu).then((failure): MachineEnd => {
    return qemu.guestEnd === undefined ? failure : { by: 'guest', reason: qemu.guestEnd }
  })
  // Without its vsock nobody can reach the guest any more.
  const ended = device ? Promise.race([qemuEnded, failed(device)]) : qemuEnded

  const running = stack.move()
  return {
    ended,
    pause: qemu.pause,
    resume: qemu.resume,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}
