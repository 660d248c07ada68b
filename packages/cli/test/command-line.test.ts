import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { MAIN, temporaryDirectory, vulcan } from './support/command-line.ts'

for (const [what, args, line] of [
  [
    'a file that is not there',
    ['run', '/nowhere/x.py'],
    /^vulcan: cannot read .*: no such file or directory\n$/,
  ],
  [
    'a directory without a program',
    ['run', import.meta.dirname],
    /has no file of main\.py, index\.js, main\.go: say which with --entrypoint\n$/,
  ],
  [
    'an entrypoint that is not in the directory',
    ['run', '--entrypoint', 'x.py', import.meta.dirname],
    /has no file "x\.py"/,
  ],
  [
    'an entrypoint that leaves the directory',
    ['run', '--entrypoint', '../src/main.ts', import.meta.dirname],
    /^vulcan: entrypoint: must not contain/,
  ],
  [
    'an archive without an entrypoint',
    ['run', MAIN.replace('main.ts', 'x.tar.gz')],
    /no such file or directory\n$/,
  ],
  [
    'a suffix that is not known',
    ['run', MAIN.replace('main.ts', '../package.json')],
    /add --runtime\n$/,
  ],
  [
    'a runtime that is not known',
    ['run', '--runtime', 'ruby', '-c', 'x'],
    /takes go, node, python\n$/,
  ],
  ['nothing to run', ['run'], /^vulcan: nothing to run/],
  ['a flag that is not known', ['run', '--bogus'], /^vulcan: unknown option '--bogus'\n$/],
  ['a time-out that is none', ['run', '--timeout', 'soon', '-c', 'x'], /--timeout is "soon"/],
  [
    'memory out of range',
    ['run', '--memory', '1', '-c', 'x'],
    /^vulcan: --memory is "1", but takes 128M to 1024G\n$/,
  ],
  ['a flag without its value', ['run', '--runtime'], /^vulcan: option '--runtime <name>' arg/],
  ['an empty name', ['run', ''], /^vulcan: cannot read : no such file or directory\n$/],
  [
    'a name of two lines',
    ['run', '/nowhere/a\nvulcan: b.py'],
    /^vulcan: cannot read \/nowhere\/a vulcan: b\.py: no such/,
  ],
  [
    "a program's own -v and --verbose",
    ['run', '/nowhere/x.py', '-v', '--verbose'],
    /^vulcan: cannot read \/nowhere\/x\.py: no such file or directory\n$/,
  ],
  ['an assignment without a name', ['run', '-e', 'x', '-c', 'x'], /takes NAME=VALUE\n$/],
  [
    'a trace of what it leaves to a server',
    ['run', '--detach', '--trace', '-c', 'x'],
    /^vulcan: --trace shows a run on this machine, and --detach leaves it to a server\n$/,
  ],
  ['an input that is not there', ['run', '--input', '/nowhere', '-c', 'x'], /^vulcan: cannot read/],
] as const) {
  test(`run with ${what} says so in one line and exits with 125`, async () => {
    const { exitCode, stdout, stderr } = await vulcan(args)
    assert.match(stderr, line)
    assert.equal(stderr.trimEnd().split('\n').length, 1)
    assert.equal(stdout, '')
    assert.equal(exitCode, 125)
  })
}

test('a trace of a run on a server is refused before the server is asked', async () => {
  const env = { VULCAN_API_URL: 'http://127.0.0.1:1' }
  const { exitCode, stdout, stderr } = await vulcan(['run', '--trace', '-c', 'x'], env)
  assert.match(
    stderr,
    /^vulcan: --trace shows a run on this machine, and VULCAN_API_URL names a server/,
  )
  assert.equal(stdout, '')
  assert.equal(exitCode, 125)
})

test('a file that is no text is refused', async (t) => {
  const file = join(await temporaryDirectory(t), 'binary.py')
  await writeFile(file, Uint8Array.of(0xff, 0xfe, 0x00))
  const { exitCode, stderr } = await vulcan(['run', file])
  assert.match(stderr, /is not a program: it is not UTF-8 text\n$/)
  assert.equal(exitCode, 125)
})

test('-v shows the stack of an error, also where the value of another flag is "run"', async () => {
  const { exitCode, stderr } = await vulcan(['run', '-v', '--entrypoint', 'run', '/nowhere/x.py'])
  assert.match(stderr, /^vulcan: cannot read .*\n(.*\n)*? +at /)
  assert.equal(exitCode, 125)
})

test('a variable with a wrong value is named', async () => {
  const { exitCode, stderr } = await vulcan(['run', '-c', 'x'], { VULCAN_VMM: 'vmware' })
  assert.equal(
    stderr,
    'vulcan: VULCAN_VMM is "vmware", but takes a word: auto, firecracker, qemu\n',
  )
  assert.equal(exitCode, 125)
})

test('a run directory too long for a socket is refused before anything is made', async () => {
  const { exitCode, stderr } = await vulcan(['run', '-c', 'x'], {
    VULCAN_RUN: `/${'x'.repeat(80)}`,
  })
  assert.match(stderr, /^vulcan: VULCAN_RUN is .* takes a path of at most \d+ bytes/)
  assert.equal(exitCode, 125)
})

for (const args of [
  ['bogus'],
  ['images', 'bogus'],
  ['images', 'ls', '--bogus'],
  ['doctor', '--bogus'],
  ['doctor', 'bogus'],
]) {
  test(`"vulcan ${args.join(' ')}" says what is wrong in one line and exits with 2`, async () => {
    const { exitCode, stdout, stderr } = await vulcan(args)
    assert.match(stderr, /^vulcan: (unknown|too many) .*\n$/)
    assert.equal(stdout, '')
    assert.equal(exitCode, 2)
  })
}

test('an empty store is listed as a table without rows', async (t) => {
  const env = { VULCAN_HOME: await temporaryDirectory(t) }
  const { exitCode, stdout } = await vulcan(['images', 'ls'], env)
  assert.match(stdout, /^NAME +VERSION +HASH +SIZE +ON DISK +CREATED\n$/)
  assert.equal(exitCode, 0)
})

test('help and version exit with 0', async () => {
  assert.equal((await vulcan(['--help'])).exitCode, 0)
  assert.equal((await vulcan(['run', '--help'])).exitCode, 0)
  assert.equal((await vulcan(['--version'])).stdout, '0.1.0\n')
})

test('an environment file adds variables, and one that is named must be there', async (t) => {
  const file = join(await temporaryDirectory(t), 'vulcan.env')
  const missing = await vulcan(['--env-file', file, 'doctor'])
  assert.match(missing.stderr, /^vulcan: the environment file .* cannot be read: ENOENT.*\n$/)
  assert.equal(missing.exitCode, 1)
  await writeFile(file, 'VULCAN_VMM=vmware\n', { mode: 0o644 })
  const { exitCode, stderr } = await vulcan(['--env-file', file, 'run', '-c', 'x'])
  assert.match(stderr, /^vulcan: VULCAN_VMM is "vmware"/)
  assert.equal(exitCode, 125)
})

test("Node's own options among a program's arguments are the program's", async () => {
  const launcher = resolve(import.meta.dirname, '../../../bin/vulcan')
  const args = ['run', '/nowhere/x.py', '--env-file', '/nowhere/env']
  const { status, stderr } = spawnSync(launcher, args, { encoding: 'utf8' })
  assert.match(stderr, /^vulcan: cannot read \/nowhere\/x\.py: no such file or directory\n$/)
  assert.equal(status, 125)
})

test('a reader that goes away is no failure, and a disk that is full is one', async () => {
  const child = spawn(process.execPath, ['--', MAIN, 'completion', 'bash'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  child.stdout.destroy()
  const [stderr, [exitCode]] = await Promise.all([text(child.stderr), once(child, 'close')])
  assert.deepEqual([stderr, exitCode], ['', 0])
  const command = ['-c', '"$0" -- "$1" completion bash > /dev/full', process.execPath, MAIN]
  const full = spawnSync('sh', command, { encoding: 'utf8' })
  assert.match(full.stderr, /ENOSPC/)
  assert.notEqual(full.status, 0)
})
