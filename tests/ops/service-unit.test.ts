import assert from 'node:assert/strict'
import { execFile, spawn, spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import { SERVE_VARIABLES } from '@vulcan/host'
import { inOuterNamespace } from '../support/outer-namespace.ts'
import { finish, VulcanUnderTest } from '../support/vulcan.ts'
import { asTheUnit, shellAsTheUnit } from './support/as-the-unit.ts'
import { UnitFile } from './support/unit-file.ts'

const CLONE = resolve(import.meta.dirname, '../..')
/** What systemd-analyze gives at most, in tenths: the unit has no network namespace and no users of its own. */
const EXPOSURE_MAX = 47

async function newDirectory(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'vu-'))
  t.after(() => rm(path, { recursive: true, force: true }))
  return path
}

await inOuterNamespace(import.meta.filename, async () => {
  const unit = await UnitFile.read()

  test('what make install installs as a unit is one that systemd takes, and starts what is installed', async (t) => {
    const prefix = await newDirectory(t)
    await promisify(execFile)(process.execPath, [join(CLONE, 'setup/src/install.ts'), prefix])
    const path = join(prefix, 'lib/systemd/system/vulcan.service')
    const { stderr, status } = spawnSync('systemd-analyze', ['verify', path], { encoding: 'utf8' })
    // Known from systemd 254 on; before, it is left out, as docs/operating.md says.
    const complaints = stderr.split('\n').filter((line) => !/'DelegateSubgroup'|^$/.test(line))
    assert.deepEqual(complaints, [])
    assert.equal(status, 0)
    const installed = await UnitFile.read(path)
    assert.equal(installed.get('ExecStart'), `${prefix}/bin/vulcan serve`)
  })

  test('systemd rates what the unit may do no worse than it did', async () => {
    const path = join(CLONE, 'ops/vulcan.service')
    const args = ['security', '--offline=true', `--threshold=${EXPOSURE_MAX}`, path]
    const { stdout, status } = spawnSync('systemd-analyze', args, { encoding: 'utf8' })
    assert.equal(status, 0, stdout)
  })

  test('systemd waits longer for the end than draining takes', async () => {
    const drainMs = Number(SERVE_VARIABLES.drainMs.otherwise.replace(',', ''))
    const stopMs = Number(/^(\d+)s$/.exec(unit.get('TimeoutStopSec') ?? '')?.[1]) * 1000
    assert.ok(drainMs > 0)
    assert.ok(stopMs >= drainMs + 60_000, `${stopMs}`)
    assert.equal(unit.get('KillMode'), 'mixed')
  })

  test('VMMs may filter themselves, make jails and networks, and nothing else of the kind', () => {
    assert.ok(unit.words('SystemCallFilter').includes('seccomp'))
    assert.ok(unit.words('SystemCallFilter').includes('@mount'))
    assert.deepEqual(unit.words('RestrictNamespaces'), ['mnt', 'net'])
    assert.deepEqual(
      ['PrivateDevices', 'ProtectKernelTunables', 'ProtectControlGroups', 'PrivateUsers'].filter(
        (name) => unit.get(name) !== undefined,
      ),
      [],
    )
  })

  for (const [what, capability, lines] of [
    ['makes the devices of a jail', 'CAP_MKNOD', 'mknod "$1" c 10 232'],
    ['changes its root', 'CAP_SYS_CHROOT', 'chroot / true'],
    ['has mounts of its own', 'CAP_SYS_ADMIN', 'unshare --mount mount -t tmpfs none /mnt'],
    ['gives files away', 'CAP_CHOWN', 'touch "$1"; chown 4711:4711 "$1"'],
    ['becomes the user of a VM', 'CAP_SETUID', 'setpriv --reuid 4711 true'],
    ['becomes the group of a VM', 'CAP_SETGID', 'setpriv --regid 4711 --clear-groups true'],
    ['changes files of a VM', 'CAP_FOWNER', 'touch "$1"; chown 4711:4711 "$1"; chmod 600 "$1"'],
    [
      'looks into directories of a VM',
      'CAP_DAC_OVERRIDE',
      'mkdir -m 700 "$1"; chown 4711:4711 "$1"; touch "$1/file"',
    ],
    [
      'ends processes of a VM',
      'CAP_KILL',
      'setpriv --reuid 4711 sleep 5 >/dev/null 2>&1 & until [ "$(stat -c %u /proc/$!)" = 4711 ]; do :; done; kill -9 $!',
    ],
    ['makes network namespaces', 'CAP_SYS_ADMIN', 'ip netns add vu; ip netns delete vu'],
    ['makes TAPs', 'CAP_NET_ADMIN', 'ip tuntap add dev vu0 mode tap; ip link delete vu0'],
  ] as const) {
    test(`a process with the unit's capabilities ${what}, and without ${capability} does not`, async (t) => {
      const directory = await newDirectory(t)
      const script = `set -- '${directory}/file'; ${lines}`
      const allowed = shellAsTheUnit(unit, script)
      assert.equal(allowed.status, 0, allowed.stderr)
      await rm(join(directory, 'file'), { recursive: true, force: true })
      const denied = shellAsTheUnit(unit, script, { without: capability })
      assert.notEqual(denied.status, 0)
    })
  }

  test('with the capabilities of the unit VMMs are started in jails by the stand-in of the jailer', async () => {
    const file = join(CLONE, 'packages/backend-firecracker/test/place/jailed.test.ts')
    // With what the tests themselves need to compare a VMM's namespaces with their own.
    const [program = '', ...args] = asTheUnit(unit, { alsoWith: 'CAP_SYS_PTRACE' })
    // A child that belongs to the test runner would report to it instead.
    const { NODE_TEST_CONTEXT: _, ...env } = process.env
    const child = spawn(program, [...args, process.execPath, '--test', file], {
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const { exitCode, stdout } = await finish(child)
    assert.equal(exitCode, 0, stdout.toString())
    assert.match(stdout.toString(), /^ℹ skipped 0$|^# skipped 0$/m)
  })

  test('with the capabilities of the unit a program runs in a VM with a network', async (t) => {
    const vulcan = await VulcanUnderTest.create(t)
    const [program = '', ...args] = asTheUnit(unit)
    const run = [
      'run',
      '--network',
      'public',
      '-c',
      'import os; print(sorted(os.listdir("/sys/class/net")))',
    ]
    const child = spawn(program, [...args, join(CLONE, 'bin/vulcan'), ...run], { env: vulcan.env })
    const { exitCode, stdout, stderr } = await finish(child)
    assert.equal(stderr, '')
    assert.equal(stdout.toString(), "['eth0', 'lo']\n")
    assert.equal(exitCode, 0)
    await vulcan.assertNothingLeft()
  })

  test('the status of a process that runs as the unit has no capability beyond those of the unit', async () => {
    const { stdout } = shellAsTheUnit(unit, 'grep -E "^(CapBnd|NoNewPrivs)" /proc/self/status')
    const held = BigInt(`0x${/^CapBnd:\s*(\w+)$/m.exec(stdout)?.[1]}`)
    const own = await readFile('/proc/self/status', 'utf8')
    const all = BigInt(`0x${/^CapBnd:\s*(\w+)$/m.exec(own)?.[1]}`)
    assert.ok(held > 0n && held < all)
    const count = held.toString(2).replaceAll('0', '').length
    assert.ok(count <= unit.words('CapabilityBoundingSet').length)
    assert.match(stdout, /^NoNewPrivs:\s*1$/m)
  })
})
