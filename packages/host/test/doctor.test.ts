import assert from 'node:assert/strict'
import { chmod, mkdir, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { type Diagnosis, examine } from '@vulcan/host'
import { type CompleteMachine, completeMachine, program } from './fixtures/complete-machine.ts'

const NEVER = new AbortController().signal
/** The checks that start a VM, or ask what its start has shown. */
const VM_CODES = ['kvm', 'firecracker', 'vmm', 'workload']

/** The checks that would only repeat that there is no data directory. */
const NEED_DATA = [
  ...['disk', 'kernel', 'initrd'],
  ...['image_go', 'image_node', 'image_python', 'images'],
]
/** What the machine that runs these tests permits is no matter of theirs. */
const OF_THIS_MACHINE = ['user_namespaces']

/** All diagnoses; where none fails, those before the first VM. */
async function diagnoses(env: Readonly<Record<string, string>>): Promise<Diagnosis[]> {
  const found: Diagnosis[] = []
  for await (const diagnosis of examine(env, NEVER)) {
    if (VM_CODES.includes(diagnosis.code) && diagnosis.status !== 'skip') {
      throw new Error(`"${diagnosis.code}" was made: ${diagnosis.finding}`)
    }
    if (OF_THIS_MACHINE.includes(diagnosis.code)) continue
    found.push(diagnosis)
    if (diagnosis.code === 'images' && found.every(({ status }) => status !== 'fail')) break
  }
  return found
}

function named(found: readonly Diagnosis[], code: string): Diagnosis {
  return found.find((diagnosis) => diagnosis.code === code) ?? assert.fail(`no "${code}"`)
}

/** Exactly this fails, in these words; nothing that starts a VM is tried. */
async function assertFails(
  env: Readonly<Record<string, string>>,
  code: string,
  finding: RegExp,
  remedy: RegExp,
): Promise<void> {
  const found = await diagnoses(env)
  const failed = found.filter(({ status }) => status === 'fail').map((diagnosis) => diagnosis.code)
  assert.deepEqual(failed, [code])
  assert.match(named(found, code).finding, finding)
  assert.match(named(found, code).remedy ?? '', remedy)
  const skipped = found.filter(({ status }) => status === 'skip')
  assert.deepEqual(
    skipped.map((diagnosis) => diagnosis.code),
    code === 'data_directory' ? [...NEED_DATA, ...VM_CODES] : VM_CODES,
  )
  assert.equal(skipped[0]?.finding, `not tried, since this failed: ${code}`)
}

test('on a machine that has everything nothing fails before a VM is started', async (t) => {
  const { env, home } = await completeMachine(t)
  const found = await diagnoses(env)
  assert.deepEqual(
    found.map(({ code }) => code),
    [
      'configuration',
      ...['data_directory', 'run_directory', 'disk', 'memory'],
      ...['rights', 'cgroups', 'tun'],
      ...['versions', 'launcher', 'vulcan_vmm', 'qemu', 'vhost_device_vsock', 'jailer'],
      ...['kernel', 'initrd', 'image_go', 'image_node', 'image_python', 'images'],
    ],
  )
  assert.deepEqual(
    found.filter(({ status }) => status === 'fail'),
    [],
  )
  assert.equal(named(found, 'kernel').finding, `${home}/vmlinux, not built by Vulcan`)
  assert.match(named(found, 'qemu').finding, /^QEMU emulator version 7\.2\.22 at \//)
  assert.match(named(found, 'versions').finding, /^Vulcan 0\.1\.0 on Node\.js \d+\./)
  for (const { status, finding, remedy } of found) {
    assert.doesNotMatch(finding, /\n/)
    assert.equal(status === 'ok', remedy === undefined)
  }
})

/** What is taken away, and what is then said of it. */
const TAKEN: readonly (readonly [
  string,
  (machine: CompleteMachine) => Promise<Record<string, string> | undefined>,
  string,
  RegExp,
  RegExp,
])[] = [
  [
    'QEMU is not in PATH',
    async () => ({ PATH: '/nowhere' }),
    'qemu',
    /^qemu-system-x86_64 is not installed, or not in PATH \(\/nowhere\)$/,
    /apt-get install qemu-system-x86/,
  ],
  [
    'QEMU does not start',
    ({ directory }) => program(join(directory, 'bin/qemu-system-x86_64'), 'exit 3').then(nothing),
    'qemu',
    /qemu-system-x86_64 does not work \(Command failed/,
    /^install it anew$/,
  ],
  [
    'there is no vhost-device-vsock',
    ({ libexec }) => rm(join(libexec, 'vhost-device-vsock')).then(nothing),
    'vhost_device_vsock',
    /vhost-device-vsock is missing, which QEMU needs/,
    /"make demo"/,
  ],
  [
    'there is no vulcan-launch',
    ({ libexec }) => rm(join(libexec, 'vulcan-launch')).then(nothing),
    'launcher',
    /vulcan-launch does not work \(.*ENOENT\)$/,
    /"make demo"/,
  ],
  [
    'there is no vulcan-vmm',
    ({ libexec }) => rm(join(libexec, 'vulcan-vmm')).then(nothing),
    'vulcan_vmm',
    /vulcan-vmm is missing/,
    /"make demo"/,
  ],
  [
    'there is no kernel',
    ({ home }) => rm(join(home, 'vmlinux')).then(nothing),
    'kernel',
    /^nothing at \/.*\/vmlinux$/,
    /^run "vulcan images build"$/,
  ],
  [
    'the kernel is cut short',
    ({ home }) => truncate(join(home, 'vmlinux'), 2048).then(nothing),
    'kernel',
    /is no kernel that can be used: it ends after 2048 bytes, too early$/,
    /vmlinux for x86-64 in VULCAN_FC_KERNEL_PATH, or unset it$/,
  ],
  [
    'the kernel is text',
    ({ home }) => writeFile(join(home, 'vmlinux'), 'x'.repeat(4096)).then(nothing),
    'kernel',
    /it is not an ELF file for x86-64$/,
    /VULCAN_FC_KERNEL_PATH/,
  ],
  [
    'the kernel is a program',
    async () => ({ VULCAN_FC_KERNEL_PATH: '/bin/sh' }),
    'kernel',
    /^\/bin\/sh is no kernel that can be used: it is a program or library/,
    /VULCAN_FC_KERNEL_PATH/,
  ],
  [
    'the kernel is a directory',
    async ({ home }) => ({ VULCAN_FC_KERNEL_PATH: home }),
    'kernel',
    /it is a directory$/,
    /VULCAN_FC_KERNEL_PATH/,
  ],
  [
    'there is no initrd',
    ({ home }) => rm(join(home, 'initrd')).then(nothing),
    'initrd',
    /^nothing at \/.*\/initrd$/,
    /^run "vulcan images build"$/,
  ],
  [
    'there is no image',
    ({ home }) => rm(join(home, 'rootfs'), { recursive: true }).then(nothing),
    'images',
    /^no runtime has an image that can be used$/,
    /^run "vulcan images build"$/,
  ],
  [
    'the data directory is a file',
    async ({ home }) => ({ VULCAN_HOME: join(home, 'initrd') }),
    'data_directory',
    /\/initrd cannot be written \(it, or a part of its path, is a file\)$/,
    /set VULCAN_HOME to another directory$/,
  ],
  [
    'the run directory cannot be made',
    async () => ({ VULCAN_RUN: '/proc/none' }),
    'run_directory',
    /^\/proc\/none cannot be written \(no directory can be made there\)$/,
    /set VULCAN_RUN to another directory$/,
  ],
  [
    'others may enter the run directory',
    async ({ directory }) => {
      await mkdir(join(directory, 'open'))
      await chmod(join(directory, 'open'), 0o755)
      return { VULCAN_RUN: join(directory, 'open') }
    },
    'run_directory',
    /must belong to the user of this process and have mode 0700/,
    /^"chmod 700" it, or set VULCAN_RUN/,
  ],
  [
    'VMs need more memory than there is',
    async () => ({ VULCAN_FC_DEFAULT_MEM_MB: '1048576' }),
    'memory',
    /^\d+ MiB available; a VM has 1048576 MiB/,
    /VULCAN_FC_DEFAULT_MEM_MB$/,
  ],
  [
    'VMs need more disk than there is',
    async () => ({ VULCAN_FC_SCRATCH_MIB: '1048576' }),
    'disk',
    /^\d+ MiB free below .*; a VM may fill a scratch drive of 1048576 MiB$/,
    /VULCAN_HOME .* VULCAN_FC_SCRATCH_MIB/,
  ],
]

function nothing(): undefined {
  return undefined
}

for (const [what, take, code, finding, remedy] of TAKEN) {
  test(`when ${what}, "${code}" fails and says what mends it`, async (t) => {
    const machine = await completeMachine(t)
    const env = { ...machine.env, ...(await take(machine)) }
    await assertFails(env, code, finding, remedy)
  })
}

test('one image that is missing is a warning, since the others do', async (t) => {
  const { env, home } = await completeMachine(t)
  await rm(join(home, 'rootfs/go.ext4'))
  const found = await diagnoses(env)
  const { status, finding, remedy } = named(found, 'image_go')
  assert.equal(status, 'warn')
  assert.match(finding, /^nothing at .*\/go\.ext4$/)
  assert.equal(remedy, 'run "vulcan images build"')
  assert.equal(named(found, 'images').finding, 'workloads can be written for node, python')
})

for (const [variable, value, takes] of [
  ['VULCAN_VMM', 'vmware', 'a word: auto, firecracker, qemu'],
  ['VULCAN_FC_DEFAULT_MEM_MB', 'much', 'an integer from 128 to'],
  ['VULCAN_HOME', 'relative', 'an absolute path'],
  ['VULCAN_FC_BIN', '/bin/true', 'the path of a Firecracker'],
  ['VULCAN_RUN', `/${'x'.repeat(80)}`, 'a path of at most'],
] as const) {
  test(`a wrong ${variable} is the only finding, and names what it takes`, async (t) => {
    const { env } = await completeMachine(t)
    const found = await diagnoses({ ...env, [variable]: value })
    assert.deepEqual(
      found.map(({ code, status }) => [code, status]),
      [['configuration', 'fail']],
    )
    assert.ok(found[0]?.finding.startsWith(`${variable} is "${value}", but takes ${takes}`))
    assert.equal(found[0]?.remedy, `correct ${variable}, or unset it`)
  })
}

test('more than one failure is told at once', async (t) => {
  const { env, home } = await completeMachine(t)
  await rm(join(home, 'vmlinux'))
  const found = await diagnoses({ ...env, PATH: '/nowhere' })
  assert.equal(named(found, 'workload').finding, 'not tried, since this failed: qemu, kernel')
})

test('what can be done without is less than what cannot: few VMs, no room beside a guest', async (t) => {
  const { env } = await completeMachine(t)
  const found = await diagnoses({
    ...env,
    VULCAN_FC_MAX_CONCURRENT_VMS: '1000',
    VULCAN_FC_SCRATCH_MIB: await mostOfTheDisk(t, env),
  })
  assert.match(named(found, 'disk').finding, /: 1 at once, not the 1000 allowed$/)
  assert.equal(named(found, 'disk').status, 'warn')
})

/** A size of which the disk holds one, not two. */
async function mostOfTheDisk(t: TestContext, env: Record<string, string>): Promise<string> {
  const { finding } = named(await diagnoses(env), 'disk')
  const freeMib = Number(/^(\d+) MiB free/.exec(finding)?.[1])
  t.diagnostic(`${freeMib} MiB free`)
  return String(Math.floor(freeMib * 0.7))
}

test('an interrupted examination ends with the reason of the signal', async (t) => {
  const { env } = await completeMachine(t)
  const interrupted = new AbortController()
  const run = async () => {
    for await (const { code } of examine(env, interrupted.signal)) {
      if (code === 'memory') interrupted.abort(new Error('enough'))
    }
  }
  await assert.rejects(run, /enough/)
})

test('a program that hangs is given up at its deadline', async (t) => {
  const { env, libexec } = await completeMachine(t)
  await program(join(libexec, 'vhost-device-vsock'), 'exec /bin/sleep 1000')
  const found = await diagnoses(env)
  assert.match(
    named(found, 'vhost_device_vsock').finding,
    /does not work \(no answer within 5 s\)$/,
  )
})
