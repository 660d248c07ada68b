import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { VulcanUnderTest } from '../support/vulcan.ts'

const MIB = 1024 * 1024

test('a file runs under its own name, with its arguments', async (t) => {
  const vulcan = await VulcanUnderTest.create(t)
  const file = join(vulcan.runDir, 'greet.py')
  await writeFile(file, 'import sys\nprint("hello", sys.argv)\n')
  const { exitCode, stdout, stderr } = await vulcan.run(['run', file, 'a b', '--flag', '-v'])
  assert.equal(stderr, '')
  assert.equal(stdout.toString(), "hello ['greet.py', 'a b', '--flag', '-v']\n")
  assert.equal(exitCode, 0)
  await vulcan.assertNothingLeft()
})

test('code comes on standard input', async (t) => {
  const vulcan = await VulcanUnderTest.create(t)
  const { exitCode, stdout } = await vulcan.run(['run', '-'], { stdin: 'print("piped")' })
  assert.equal(stdout.toString(), 'piped\n')
  assert.equal(exitCode, 0)
  await vulcan.assertNothingLeft()
})

test('a program has its input, its environment, its exit code and both of its streams', async (t) => {
  const vulcan = await VulcanUnderTest.create(t)
  const input = join(vulcan.runDir, 'input')
  await writeFile(input, 'from a file')
  const code = [
    'import os, sys',
    'print(sys.stdin.read(), os.environ["GREETING"], os.getcwd(), os.getuid())',
    'print("to stderr", file=sys.stderr)',
    'sys.exit(3)',
  ].join('\n')
  const { exitCode, stdout, stderr } = await vulcan.python(
    code,
    '--input',
    input,
    '-e',
    'GREETING=hi=ho',
  )
  assert.equal(stdout.toString(), 'from a file hi=ho /work 1000\n')
  assert.equal(stderr, 'to stderr\n')
  assert.equal(exitCode, 3)
  await vulcan.assertNothingLeft()
})

test('a program that a signal ends exits with 128 and the number', async (t) => {
  const vulcan = await VulcanUnderTest.create(t)
  const { exitCode } = await vulcan.python('import os; os.kill(os.getpid(), 15)')
  assert.equal(exitCode, 143)
  await vulcan.assertNothingLeft()
})

test('a syntax error shows where it is in the file of the user', async (t) => {
  const vulcan = await VulcanUnderTest.create(t)
  const file = join(vulcan.runDir, 'broken.py')
  await writeFile(file, 'print("fine")\nprint("not closed"\n')
  const { exitCode, stderr } = await vulcan.run(['run', file])
  assert.match(stderr, /broken\.py", line 2/)
  assert.match(stderr, /SyntaxError/)
  assert.equal(exitCode, 1)
  await vulcan.assertNothingLeft()
})

test('every byte arrives as it was written, five megabytes of them, characters cut or not', async (t) => {
  const vulcan = await VulcanUnderTest.create(t)
  const code = [
    'import sys',
    'block = bytes(range(256)) * 64 + "h\\u00e9llo \\u4e16\\u754c \\U0001f30b".encode() + b"x"',
    'total = 0',
    'while total < 5 * 1024 * 1024:',
    '    total += sys.stdout.buffer.write(block)',
  ].join('\n')
  const { exitCode, stdout } = await vulcan.python(code)
  assert.equal(exitCode, 0)
  const block = Buffer.concat([
    Buffer.concat(
      Array.from({ length: 64 }, () => Buffer.from(Array.from({ length: 256 }, (_, at) => at))),
    ),
    Buffer.from('héllo 世界 🌋x'),
  ])
  const blocks = Math.ceil((5 * MIB) / block.length)
  assert.equal(stdout.length, blocks * block.length)
  assert.ok(stdout.equals(Buffer.concat(Array.from({ length: blocks }, () => block))))
  await vulcan.assertNothingLeft()
})

test('a hundred megabytes are cut at sixteen and marked, and the program goes on to its end', async (t) => {
  const vulcan = await VulcanUnderTest.create(t)
  const code = [
    'import sys',
    'block = b"0123456789abcde\\n" * 65536',
    'for _ in range(100): sys.stdout.buffer.write(block)',
    'print("done", file=sys.stderr)',
    'sys.exit(7)',
  ].join('\n')
  const { exitCode, stdout, stderr } = await vulcan.python(code, '--timeout', '3m')
  assert.equal(stdout.length, 16 * MIB)
  assert.equal(stderr, 'done\nvulcan: stdout was cut at --output-limit\n')
  assert.equal(exitCode, 7)
  await vulcan.assertNothingLeft()
})

test('a child that keeps stdout open does not hold the run after its parent has ended', async (t) => {
  const vulcan = await VulcanUnderTest.create(t)
  const code = [
    'import subprocess',
    'subprocess.Popen(["sleep", "600"])',
    'print("parent done")',
  ].join('\n')
  const { exitCode, stdout } = await vulcan.python(code, '--timeout', '2m')
  assert.equal(stdout.toString(), 'parent done\n')
  assert.equal(exitCode, 0)
  await vulcan.assertNothingLeft()
})

test('--json gives one document and nothing else, with --trace the steps in it', async (t) => {
  const vulcan = await VulcanUnderTest.create(t)
  const code = 'import sys; print("out"); sys.stderr.buffer.write(b"\\xff"); sys.exit(4)'
  const { exitCode, stdout, stderr } = await vulcan.python(code, '--json', '--trace')
  const document = JSON.parse(stdout.toString())
  const { id, duration_ms, phases, vmm, isolation_strength, trace, ...rest } = document
  assert.deepEqual(rest, {
    status: 'completed',
    reason: 'exited',
    runtime: 'python',
    exit_code: 4,
    stdout: 'out\n',
    stderr: '/w==',
    encoding: { stdout: 'utf-8', stderr: 'base64' },
    truncated: { stdout: false, stderr: false },
    error: '',
  })
  assert.match(id, /^[0-9A-Z]{26}$/)
  assert.ok(Number.isInteger(duration_ms))
  assert.deepEqual(
    phases.map(({ phase }: { phase: string }) => phase),
    ['image', 'drives', 'vmm', 'booting', 'request', 'running', 'ended'],
  )
  const steps = [
    ...['host', 'queue', 'image', 'drives', 'spawn', 'configure', 'start', 'kernel', 'initrd'],
    ...['agent', 'ready', 'request', 'interpreter', 'first_byte', 'response', 'release'],
  ]
  const traced: { step: string; begin_ms: number; duration_ms: number }[] = trace
  assert.deepEqual(new Set(traced.map(({ step }) => step)), new Set(steps))
  for (const { step, duration_ms: durationMs } of traced) assert.ok(durationMs >= 0, step)
  assert.ok(['firecracker', 'vulcan-vmm'].includes(vmm.name))
  assert.ok(['hardware', 'emulated'].includes(isolation_strength))
  assert.equal(stderr, '')
  assert.equal(exitCode, 4)
  await vulcan.assertNothingLeft()
})
