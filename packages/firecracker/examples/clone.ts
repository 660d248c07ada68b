import { spawn } from 'node:child_process'
import { join } from 'node:path'
import {
  connectToGuest,
  FirecrackerClient,
  Machine,
  type MachineSettings,
  waitForSocket,
} from '@vulcan/firecracker'

const [binary = 'firecracker', kernelImagePath = 'vmlinux', directory = '.'] = process.argv.slice(2)
const snapshot = {
  snapshotPath: join(directory, 'state'),
  memFilePath: join(directory, 'memory'),
}
const settings: MachineSettings = {
  bootSource: { kernelImagePath },
  vsock: { guestCid: 3, udsPath: join(directory, 'first-vsock.sock') },
}

/** A fresh VMM; it ends with its scope. */
async function fresh(name: string) {
  const socketPath = join(directory, `${name}.sock`)
  const vmm = spawn(binary, ['--api-sock', socketPath], { stdio: 'inherit' })
  await waitForSocket(socketPath, AbortSignal.timeout(5_000))
  const client = new FirecrackerClient(socketPath)
  return {
    machine: new Machine(client),
    [Symbol.dispose]() {
      client[Symbol.dispose]()
      vmm.kill()
    },
  }
}

using first = await fresh('first')
await first.machine.configure(settings)
await first.machine.start()
await first.machine.pause()
await first.machine.createSnapshot(snapshot)

using clone = await fresh('clone')
const udsPath = join(directory, 'clone-vsock.sock')
await clone.machine.loadSnapshot({
  snapshotPath: snapshot.snapshotPath,
  memBackend: { backendType: 'File', backendPath: snapshot.memFilePath },
  vsockOverride: { udsPath },
  resumeVm: true,
})

const guest = await connectToGuest({ udsPath, port: 1024, deadlineMs: 5_000 })
guest.write('hello\n')
for await (const chunk of guest) process.stdout.write(chunk)
guest.destroy()
