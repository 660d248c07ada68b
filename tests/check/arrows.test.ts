import assert from 'node:assert/strict'
import { glob, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'

const PACKAGES = join(import.meta.dirname, '../../packages')

/** What of Vulcan each package may use; all may use `schema`. CONTRIBUTING.md says it in short. */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  schema: [],
  firecracker: [],
  'vmm-qemu': ['firecracker'],
  images: [],
  network: [],
  backend: [],
  engine: ['backend'],
  'backend-firecracker': ['backend', 'firecracker', 'images', 'network'],
  telemetry: ['engine'],
  server: ['backend', 'engine'],
  client: [],
  host: [
    'backend',
    'backend-firecracker',
    'engine',
    'firecracker',
    'images',
    'network',
    'server',
    'telemetry',
  ],
  cli: ['client', 'host'],
}

async function dependenciesOf(name: string): Promise<string[]> {
  const manifest = JSON.parse(await readFile(join(PACKAGES, name, 'package.json'), 'utf8'))
  const { dependencies, devDependencies, optionalDependencies, peerDependencies } = manifest
  const all = { ...dependencies, ...devDependencies, ...optionalDependencies, ...peerDependencies }
  return Object.keys(all)
    .filter((dependency) => dependency.startsWith('@vulcan/'))
    .map((dependency) => dependency.slice('@vulcan/'.length))
}

test('every package has its arrows in the table', async () => {
  const packages = await Array.fromAsync(glob('*/package.json', { cwd: PACKAGES }))
  const names = packages.map((path) => path.split('/')[0])
  assert.deepEqual(names.sort(), Object.keys(ARROWS).sort())
})

for (const [name, allowed] of Object.entries(ARROWS)) {
  test(`${name} depends on what its arrows say`, async () => {
    const used = (await dependenciesOf(name)).filter((dependency) => dependency !== 'schema')
    const beyond = used.filter((dependency) => !allowed.includes(dependency))
    assert.deepEqual(beyond, [])
  })
}
