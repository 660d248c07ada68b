import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { finish, VulcanUnderTest } from '../support/vulcan.ts'

interface Document {
  readonly can_run: boolean
  readonly checks: readonly {
    readonly code: string
    readonly status: string
    readonly finding: string
    readonly remedy?: string
  }[]
}

function failures(document: Document): string[] {
  return document.checks.filter(({ status }) => status === 'fail').map(({ code }) => code)
}

test('where workloads can run, doctor says so, with what was tried, and exits with 0', async (t) => {
  const vulcan = await VulcanUnderTest.create(t)
  const { exitCode, stdout, stderr } = await vulcan.run(['doctor', '--json'])
  const document: Document = JSON.parse(stdout.toString())
  assert.deepEqual(failures(document), [])
  assert.equal(document.can_run, true)
  const findings = new Map(document.checks.map(({ code, finding }) => [code, finding]))
  assert.match(findings.get('kvm') ?? '', /\/dev\/kvm|boots (a|no) guest with KVM/)
  assert.match(findings.get('vmm') ?? '', /hardware|in software/)
  assert.match(findings.get('workload') ?? '', /^a python program ran in a VM in \d+\.\d s$/)
  for (const { finding, remedy = '' } of document.checks) {
    assert.ok(finding.length < 400 && remedy.length < 250, finding)
    assert.doesNotMatch(finding + remedy, /\n/)
  }
  assert.equal(stderr, '')
  assert.equal(exitCode, 0)
  await vulcan.assertNothingLeft()
})

test('an image that does not boot is found by the workload, and doctor exits with 1', async (t) => {
  const vulcan = await VulcanUnderTest.create(t)
  await writeFile(join(vulcan.runDir, 'python.ext4'), 'x'.repeat(1 << 20))
  const env = { VULCAN_FC_ROOTFS_DIR: vulcan.runDir }
  const { exitCode, stdout, stderr } = await vulcan.run(['doctor'], { env })
  const lines = stdout.toString().split('\n')
  const at = lines.findIndex((line) => line.startsWith('FAIL  workload '))
  assert.match(lines[at] ?? '', /a python program did not run: boot_failed: /)
  assert.match(lines[at + 1] ?? '', /^ +→ see whether VULCAN_FC_\* name another kernel or image/)
  assert.equal(lines.filter((line) => line.startsWith('FAIL')).length, 1)
  assert.match(stdout.toString(), /\nWorkloads cannot run here: mend what is marked FAIL\.\n$/)
  assert.equal(stderr, '')
  assert.equal(exitCode, 1)
  await vulcan.assertNothingLeft()
})

test('without QEMU doctor and run say so before a VM is tried', async (t) => {
  const vulcan = await VulcanUnderTest.create(t)
  const bin = join(vulcan.runDir, 'bin')
  await mkdir(bin)
  // What the wrapper of a clone needs itself.
  for (const name of ['find', 'readlink']) await symlink(join('/usr/bin', name), join(bin, name))
  // The jailer is Firecracker's.
  const env = { PATH: bin, VULCAN_VMM: 'qemu', VULCAN_FC_JAILER: 'false' }
  const doctor = await vulcan.run(['doctor', '--json'], { env })
  const document: Document = JSON.parse(doctor.stdout.toString())
  assert.deepEqual(failures(document), ['qemu'])
  assert.equal(document.can_run, false)
  assert.equal(doctor.exitCode, 1)
  const run = await vulcan.run(['run', '-c', 'print(1)'], { env })
  assert.match(
    run.stderr,
    /^vulcan: unsupported_isolation: .*: no VMM can be used: .*, and qemu-system-x86_64 is not installed, or not in PATH \(.*\): install it: .*\n$/,
  )
  assert.equal(run.exitCode, 125)
  await vulcan.assertNothingLeft()
})

test('without /dev/net/tun there is a warning that takes only the network away', async (t) => {
  const vulcan = await VulcanUnderTest.create(t)
  const script = 'mount -t tmpfs none /dev/net && exec "$0" doctor --json'
  const command = join(import.meta.dirname, '../../bin/vulcan')
  const child = spawn('unshare', ['--map-root-user', '--mount', 'sh', '-c', script, command], {
    env: {
      ...process.env,
      VULCAN_RUN: vulcan.runDir,
      // Nothing is to be booted in there.
      VULCAN_FC_DEFAULT_MEM_MB: '1048576',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const { stdout, stderr, exitCode } = await finish(child)
  assert.equal(stderr, '')
  const document: Document = JSON.parse(stdout.toString())
  const tun = document.checks.find(({ code }) => code === 'tun')
  assert.equal(tun?.status, 'warn')
  assert.match(
    tun?.finding ?? '',
    /^\/dev\/net\/tun cannot be opened \(ENOENT\), so no VM can have/,
  )
  assert.match(tun?.remedy ?? '', /modprobe tun/)
  assert.deepEqual(failures(document), ['memory'])
  assert.equal(exitCode, 1)
})

test('Ctrl-C ends doctor while its program runs, with one line and nothing left', async (t) => {
  const vulcan = await VulcanUnderTest.create(t)
  const child = vulcan.start(['doctor'])
  const finished = finish(child)
  for await (const line of createInterface({ input: child.stdout ?? assert.fail('no stdout') })) {
    // The next one boots a VM.
    if (/^(ok|warn) +vmm /.test(line)) break
  }
  child.kill('SIGINT')
  const { exitCode, stderr } = await finished
  assert.equal(stderr, 'vulcan: interrupted before everything was looked at\n')
  assert.equal(exitCode, 130)
  await vulcan.assertNothingLeft()
})
