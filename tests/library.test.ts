import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { emptyProject, NODE_TYPES } from './support/empty-project.ts'

const USER = `
import { FirecrackerClient, KnownBugError, Machine, type MachineSettings, waitForSocket } from '@vulcan/firecracker'
import { ENDPOINTS, type Drive, drive } from '@vulcan/firecracker/api'
import { FakeFirecracker } from '@vulcan/firecracker/testing'
import { spawn } from 'node:child_process'

await using fake = new FakeFirecracker()
const vmm = spawn(fake.binary, ['--api-sock', 'api.sock'])
await waitForSocket(process.cwd() + '/api.sock', AbortSignal.timeout(20_000))
using client = new FirecrackerClient('api.sock')
const machine = new Machine(client)
const root: Drive = drive.parse({ drive_id: 'r', is_root_device: true, path_on_host: 'user.ts' })
const settings: MachineSettings = {
  bootSource: { kernelImagePath: 'user.ts' },
  drives: [root],
  vsock: { guestCid: 3, udsPath: 'v.sock' },
}
await machine.configure(settings)
await machine.start()
await machine.pause()
const refused = await machine.resume().catch((error: unknown) => error)
console.log(machine.state, refused instanceof KnownBugError, ENDPOINTS.length)
vmm.kill()
`

test('the library is installed into an empty project, without a network, and used', async (t) => {
  const project = await emptyProject(t, 'vulcan-firecracker.tgz')
  await writeFile(join(project.directory, 'user.ts'), USER)
  const { stdout } = await project.run(process.execPath, ['user.ts'])
  assert.equal(stdout, 'paused true 41\n')
  await project.checkTypes('user.ts', ...NODE_TYPES)
})
