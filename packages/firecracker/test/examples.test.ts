import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { FakeFirecracker } from '../testing/index.ts'
import { bootFiles } from './support/recording-vmm.ts'
import { temporaryDirectory } from './support/temporary-directory.ts'

const EXAMPLES = join(import.meta.dirname, '../examples')

/** What an example prints when it is run as a program, with the fake for Firecracker. */
async function run(name: string, args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [join(EXAMPLES, name), ...args], {
    timeout: 30_000,
  })
  return stdout
}

test('every example is tried', () => {
  assert.deepEqual(readdirSync(EXAMPLES).sort(), ['clone.ts', 'first-vm.ts'])
})

test('the first VM runs', async () => {
  using directory = temporaryDirectory()
  await using fake = new FakeFirecracker()
  const { bootSource, rootDrive } = bootFiles(directory.path)
  const args = [fake.binary, bootSource.kernel_image_path, rootDrive.path_on_host]
  assert.equal(
    await run('first-vm.ts', args),
    'Firecracker 1.16.1 runs a machine that is running\n',
  )
  assert.equal(fake.vms[0]?.configuration?.drives[0]?.pathOnHost, rootDrive.path_on_host)
})

test('the clone of a VM is talked to', async () => {
  using directory = temporaryDirectory()
  await using fake = new FakeFirecracker({
    guest: async (connection, _vm, port) => {
      for await (const chunk of connection) {
        connection.write(`guest on port ${port} got ${chunk}`)
        return
      }
    },
  })
  const { bootSource } = bootFiles(directory.path)
  const args = [fake.binary, bootSource.kernel_image_path, directory.path]
  assert.equal(await run('clone.ts', args), 'guest on port 1024 got hello\n')
  assert.equal(fake.vms.length, 2)
})
