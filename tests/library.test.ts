import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { promisify } from 'node:util'

const ROOT = join(import.meta.dirname, '..')
const ARCHIVE = join(ROOT, 'dist/vulcan-firecracker.tgz')

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

async function emptyProject(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'vulcan-library-'))
  t.after(() => rm(directory, { recursive: true, force: true }))
  await writeFile(join(directory, 'package.json'), '{ "name": "user", "type": "module" }')
  await writeFile(join(directory, 'user.ts'), USER)
  return directory
}

test('the library is installed into an empty project, without a network, and used', async (t) => {
  const cwd = await emptyProject(t)
  const run = (program: string, args: readonly string[]) => {
    return promisify(execFile)(program, [...args], { cwd, timeout: 240_000 })
  }
  // Zod is the library's only dependency, and npm takes it from here.
  const { stdout: zod } = await run('npm', ['pack', '--silent', join(ROOT, 'node_modules/zod')])
  const offline = ['--offline', '--ignore-scripts', '--no-audit', '--no-fund', '--silent']
  await run('npm', ['install', ...offline, join(cwd, zod.trim()), ARCHIVE])
  const { stdout } = await run(process.execPath, ['user.ts'])
  assert.equal(stdout, 'paused true 41\n')

  const types = join(ROOT, 'node_modules/@types')
  const strict = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'esnext']
  await run(join(ROOT, 'node_modules/.bin/tsc'), [
    ...[...strict, '--exactOptionalPropertyTypes', '--typeRoots', types, '--types', 'node'],
    'user.ts',
  ])
})
