import assert from 'node:assert/strict'
import { test } from 'node:test'
import { finish, VulcanUnderTest } from '../support/vulcan.ts'

test("the guest's clock keeps the host's pace within one percent over ten seconds", async (t) => {
  const vulcan = await VulcanUnderTest.create(t)
  const code = [
    'import os, time',
    'began = time.monotonic()',
    'while time.monotonic() < began + 10:',
    '    os.write(1, b"%.6f\\n" % time.monotonic())',
    '    time.sleep(0.05)',
  ].join('\n')
  const child = vulcan.start(['run', '--timeout', '2m', '-c', code])
  const ticks: { guestS: number; hostS: number }[] = []
  child.stdout?.on('data', (chunk: Buffer) => {
    const hostS = performance.now() / 1000
    for (const line of chunk.toString().trim().split('\n'))
      ticks.push({ guestS: Number(line), hostS })
  })
  const { exitCode } = await finish(child)
  assert.equal(exitCode, 0)
  // A tick can come late on a busy machine, never early: the quickest of many tells the clocks apart.
  const quarter = Math.floor(ticks.length / 4)
  const [early, late] = [quickest(ticks.slice(0, quarter)), quickest(ticks.slice(-quarter))]
  const ratio = (late.guestS - early.guestS) / (late.hostS - early.hostS)
  assert.ok(ratio > 0.99 && ratio < 1.01, `the guest's clock runs at ${ratio} of the host's`)
  await vulcan.assertNothingLeft()
})

function quickest(ticks: readonly { guestS: number; hostS: number }[]) {
  return ticks.reduce((best, tick) =>
    tick.hostS - tick.guestS < best.hostS - best.guestS ? tick : best,
  )
}

test("the guest's date is the host's", async (t) => {
  const vulcan = await VulcanUnderTest.create(t)
  const beforeS = Date.now() / 1000
  const { stdout } = await vulcan.python('import time; print(time.time())')
  const guestS = Number(stdout.toString())
  assert.ok(guestS > beforeS - 5 && guestS < Date.now() / 1000 + 5, `${guestS} against ${beforeS}`)
})

test('memory exhausted ends the program with the reason oom, and the agent tells', async (t) => {
  const vulcan = await VulcanUnderTest.create(t)
  const code = 'print("before")\nhoard = []\nwhile True: hoard.append(bytearray(1 << 20))'
  const { exitCode, stdout } = await vulcan.python(code, '--json', '--timeout', '3m')
  const document = JSON.parse(stdout.toString())
  assert.equal(document.reason, 'oom')
  assert.equal(document.status, 'completed')
  assert.equal(document.exit_code, 137)
  assert.equal(document.stdout, 'before\n')
  assert.equal(exitCode, 137)
  await vulcan.assertNothingLeft()
})

test('a fork bomb meets its limit and the time-out ends it', async (t) => {
  const vulcan = await VulcanUnderTest.create(t)
  const code = [
    'import os, time',
    'print("bomb", flush=True)',
    'while True:',
    '    try: os.fork()',
    '    except OSError: time.sleep(0.01)',
  ].join('\n')
  // Python starts within it wherever a guest boots, emulated hosts among them.
  const { exitCode, stdout } = await vulcan.python(code, '--timeout', '15s')
  assert.match(stdout.toString(), /^bomb\n/)
  assert.ok(exitCode === 124 || exitCode === 137, `exit code ${exitCode}`)
  await vulcan.assertNothingLeft()
})

test('a workload cannot reach what is not its own', async (t) => {
  const vulcan = await VulcanUnderTest.create(t)
  const code = `
import ctypes, errno, os, socket
libc = ctypes.CDLL(None, use_errno=True)
def attempt(name, action):
    try: action()
    except OSError as error: print(name, errno.errorcode[error.errno])
    else: print(name, "succeeded")
def call(function, *args):
    if function(*args) < 0: raise OSError(ctypes.get_errno(), "")
attempt("vsock", lambda: socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM))
attempt("raw socket", lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP))
attempt("raw IPv6 socket", lambda: socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6))
attempt("packet socket", lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW))
attempt("mount", lambda: call(libc.mount, b"none", b"/work", b"tmpfs", 0, None))
attempt("user namespace", lambda: call(libc.unshare, 0x10000000))
attempt("setuid", lambda: os.setuid(0))
attempt("kernel log", lambda: call(libc.klogctl, 3, ctypes.create_string_buffer(64), 64))
attempt("console", lambda: open("/dev/ttyS0", "w"))
attempt("kmsg", lambda: open("/dev/kmsg"))
attempt("image", lambda: open("/dev/vda", "rb"))
attempt("agent", lambda: open("/proc/1/mem", "rb"))
attempt("agent's signal", lambda: os.kill(1, 9))
status = open("/proc/self/status").read()
print([line for line in status.splitlines() if line.startswith(("CapEff", "CapBnd", "NoNewPrivs", "Seccomp:"))])
`
  const { stdout } = await vulcan.python(code)
  assert.deepEqual(stdout.toString().trim().split('\n'), [
    'vsock EPERM',
    'raw socket EPERM',
    'raw IPv6 socket EPERM',
    'packet socket EPERM',
    'mount EPERM',
    'user namespace EPERM',
    'setuid EPERM',
    'kernel log EPERM',
    'console EACCES',
    'kmsg EACCES',
    'image EACCES',
    'agent EACCES',
    "agent's signal EPERM",
    "['CapEff:\\t0000000000000000', 'CapBnd:\\t0000000000000000', 'NoNewPrivs:\\t1', 'Seccomp:\\t2']",
  ])
  await vulcan.assertNothingLeft()
})
