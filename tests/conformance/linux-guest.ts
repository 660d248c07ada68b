import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { IMAGES } from '../support/vmm-under-test.ts'
import { call, done, perform } from './case.ts'
import type { RunningVmm, VmmUnderCase } from './vmms/vmm.ts'

/** Where the agent listens in the guest, and the host when the agent is ready. */
export const AGENT_PORT = 1024
/** As long as any of them may take to boot. */
const BOOT_DEADLINE_MS = 120_000

/** A machine whose agent dials the host when it is ready. */
export async function startLinux(vmm: VmmUnderCase): Promise<RunningVmm> {
  const running = await vmm.start('--log-path', join(vmm.files.dir, 'program.log'))
  const { kernel, initrd, rootfs } = IMAGES
  const boot_args =
    'console=ttyS0 reboot=k panic=1 pci=off init=/usr/local/bin/vulcan-guest vulcan.port=1024'
  const source = { kernel_image_path: kernel, initrd_path: initrd, boot_args }
  const root = { drive_id: 'root', path_on_host: rootfs, is_root_device: true, is_read_only: true }
  const scratch = await vmm.scratch()
  const second = { drive_id: 'scratch', path_on_host: scratch, is_root_device: false }
  for (const step of [
    call('PUT /machine-config', { vcpu_count: 1, mem_size_mib: 256 }, done),
    call('PUT /boot-source', source, done),
    call('PUT /drives/root', root, done),
    call('PUT /drives/scratch', second, done),
    call('PUT /vsock', { guest_cid: 3, uds_path: vmm.files.vsock }, done),
    call('PUT /actions', { action_type: 'InstanceStart' }, done),
  ]) {
    await perform(running, step)
  }
  return running
}

/** Listens, as a host does for its guest's agent. */
export async function listenOn(
  path: string,
): Promise<Disposable & { readonly connected: Promise<unknown> }> {
  const server = createServer((socket) => socket.on('error', () => socket.destroy()))
  server.listen({ path, writableAll: true })
  await once(server, 'listening')
  return {
    connected: once(server, 'connection', { signal: AbortSignal.timeout(BOOT_DEADLINE_MS) }),
    [Symbol.dispose]: () => server.close(),
  }
}

/** What comes first after these bytes; nothing where the connection ends or is reset. */
export async function firstWord(path: string, bytes: string): Promise<string> {
  const socket = connect(path)
  socket.on('error', () => socket.destroy())
  socket.write(bytes)
  try {
    const signal = AbortSignal.timeout(10_000)
    const [chunk] = await Promise.race([
      once(socket, 'data', { signal }),
      once(socket, 'close', { signal }).then(() => ['']),
    ])
    return String(chunk)
  } catch (error) {
    throw new assert.AssertionError({ message: `neither words nor an end: ${String(error)}` })
  } finally {
    socket.destroy()
  }
}
