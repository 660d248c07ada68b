import { spawn } from 'node:child_process'
import { FirecrackerClient, Machine, waitForSocket } from '@vulcan/firecracker'

const [binary = 'firecracker', kernelImagePath = 'vmlinux', pathOnHost = 'rootfs.ext4'] =
  process.argv.slice(2)
const socketPath = `/tmp/first-vm-${process.pid}.sock`

const vmm = spawn(binary, ['--api-sock', socketPath], { stdio: 'inherit' })
await waitForSocket(socketPath, AbortSignal.timeout(5_000))
using client = new FirecrackerClient(socketPath)
const machine = new Machine(client)
await machine.configure({
  bootSource: { kernelImagePath, bootArgs: 'console=ttyS0 reboot=k panic=1' },
  drives: [{ driveId: 'rootfs', isRootDevice: true, pathOnHost }],
})
await machine.start()

console.log(`Firecracker ${await client.version()} runs a machine that is ${machine.state}`)
vmm.kill()
