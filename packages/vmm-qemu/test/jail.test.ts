import assert from 'node:assert/strict'
import { test } from 'node:test'
import { launchArguments } from '../src/jail.ts'

const JAIL = {
  emptyDir: '/empty',
  identity: { uid: 7, gid: 8 },
  groups: [9],
  binds: [
    { source: '/image', target: '/drive0' },
    { source: '/scratch', target: '/drive1', access: 'rw' as const },
  ],
  openFilesMax: 64,
}

test('a program is started with nothing but what it was given', () => {
  assert.deepEqual(launchArguments(JAIL, 42, '/program', ['--flag']), [
    ...['exec', '--die-with-parent=42', '--new-netns', '--root', '/empty'],
    ...['--bind', '/image:/drive0', '--bind', '/scratch:/drive1:rw'],
    ...['--rlimit', 'core=0', '--rlimit', 'nofile=64'],
    ...['--uid', '7', '--gid', '8', '--group', '9', '--rlimit', 'nproc=256'],
    ...['--', '/program', '--flag'],
  ])
})

test('without an identity it stays who it is, and its other processes are not limited', () => {
  const args = launchArguments({ ...JAIL, identity: undefined }, 42, '/program', [])
  for (const option of ['--uid', '--gid', '--group', 'nproc=256']) {
    assert.ok(!args.includes(option), option)
  }
})

test('a TAP is opened for a program that stays in an empty network namespace', () => {
  const taps = [
    { name: 'tap0', fd: 4 },
    { name: 'tap1', fd: 5 },
  ]
  const args = launchArguments({ ...JAIL, taps }, 42, '/program', [])
  assert.deepEqual(args.slice(2, 7), ['--new-netns', '--tap', 'tap0:4', '--tap', 'tap1:5'])
})

test('a path that cannot be passed on is refused by name', () => {
  const binds = [{ source: '/a:b', target: '/drive0' }]
  assert.throws(() => launchArguments({ ...JAIL, binds }, 42, '/program', []), {
    code: 'vmm_fault',
    message: /\/a:b/,
  })
})
