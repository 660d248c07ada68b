import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseCommandLine } from '../src/command-line.ts'

const USER = 1000
const ROOT = 0

test("Firecracker's command line is taken", () => {
  const options = parseCommandLine(
    [
      '--api-sock',
      '/run/a.sock',
      '--id',
      'vm-1',
      '--config-file',
      'c.json',
      '--log-path',
      'l',
    ].concat(['--level', 'Debug']),
    USER,
  )
  assert.deepEqual(options, {
    id: 'vm-1',
    apiSocketPath: '/run/a.sock',
    bodyBytesMax: 51_200,
    configFile: 'c.json',
    logPath: 'l',
    level: 'Debug',
    accelerator: 'tcg',
    identity: undefined,
    notices: [],
  })
})

test('without options it has the defaults of Firecracker', () => {
  const { id, apiSocketPath, level } = parseCommandLine([], USER)
  assert.equal(id, 'anonymous-instance')
  assert.equal(apiSocketPath, '/run/firecracker.socket')
  assert.equal(level, 'Info')
})

test('--no-api serves none, and needs a configuration', () => {
  const options = parseCommandLine(['--no-api', '--config-file', 'c.json'], USER)
  assert.equal(options.apiSocketPath, undefined)
  assert.throws(() => parseCommandLine(['--no-api'], USER), { code: 'usage' })
})

test('levels are taken in any case, and Warning means Warn', () => {
  assert.equal(parseCommandLine(['--level', 'warning'], USER).level, 'Warn')
  assert.equal(parseCommandLine(['--level', 'ERROR'], USER).level, 'Error')
})

test('root must name the user that QEMU runs as, and it is not root', () => {
  const refused = { code: 'usage', message: /root must give --uid and --gid/ }
  assert.throws(() => parseCommandLine([], ROOT), refused)
  const options = parseCommandLine(['--uid', '7', '--gid', '8'], ROOT)
  assert.deepEqual(options.identity, { uid: 7, gid: 8 })
})

test('one of --uid and --gid alone is refused', () => {
  assert.throws(() => parseCommandLine(['--uid', '7'], ROOT), { code: 'usage' })
  assert.throws(() => parseCommandLine(['--gid', '7'], USER), { code: 'usage' })
})

test('options without effect are told, and what stays on with them', () => {
  const { notices } = parseCommandLine(['--no-seccomp', '--boot-timer'], USER)
  assert.deepEqual(notices, [
    '--boot-timer has no effect: there is no boot timer device',
    "--no-seccomp has no effect: QEMU's sandbox stays on",
  ])
})

for (const args of [
  ['--seccomp-filter', 'f.bpf'],
  ['--metadata', 'm.json'],
  ['--enable-pci'],
  ['--id', 'a', '--id', 'b'],
]) {
  test(`${args[0]} is refused`, () => {
    assert.throws(() => parseCommandLine(args, USER), { code: 'usage' })
  })
}

test('the payload size of the API is the one that is asked for', () => {
  const options = parseCommandLine(['--http-api-max-payload-size', '1000'], USER)
  assert.equal(options.bodyBytesMax, 1000)
})
