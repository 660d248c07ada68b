import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import { temporaryDirectory, vulcan } from './support/command-line.ts'

const ASK = `set -u; source "$1"; shift; COMP_WORDS=(vulcan "$@"); COMP_CWORD=$#
_vulcan; printf "%s\\n" "\${COMPREPLY[@]}"`

const script = vulcan(['completion', 'bash'])

/** What bash would offer for the last word. */
async function offered(t: TestContext, ...words: string[]): Promise<string[]> {
  const file = join(await temporaryDirectory(t), 'vulcan')
  await writeFile(file, (await script).stdout)
  const { stdout } = await promisify(execFile)('bash', ['-c', ASK, 'bash', file, ...words])
  return stdout.split('\n').filter((word) => word !== '')
}

for (const [words, candidates] of [
  [['i'], ['inspect', 'images']],
  [
    ['images', ''],
    ['ls', 'build', 'help', '-h', '--help'],
  ],
  [['images', 'ls', '--j'], ['--json']],
  [['ls', '--st'], ['--status']],
  [['ls', '--status', 'f'], ['failed']],
  [
    ['logs', '-f', '--stream', ''],
    ['stdout', 'stderr'],
  ],
  [['run', '--det'], ['--detach']],
  [['completion', 'z'], ['zsh']],
  [['run', '--input', 'x'], []],
] as const) {
  test(`bash offers after "vulcan ${words.join(' ')}" what can stand there`, async (t) => {
    assert.deepEqual(await offered(t, ...words), candidates)
  })
}

for (const shell of ['zsh', 'fish']) {
  test(`the completion for ${shell} has every command and option, and what they do`, async () => {
    const { stdout, exitCode } = await vulcan(['completion', shell])
    assert.equal(exitCode, 0)
    for (const word of [
      'inspect',
      'images ls',
      'output-limit',
      'stdout stderr',
      'the newest first',
    ]) {
      assert.ok(stdout.includes(word), word)
    }
  })
}

test('a shell that is not known is refused in one line', async () => {
  const { stderr, exitCode } = await vulcan(['completion', 'tcsh'])
  assert.match(stderr, /^vulcan: .*Allowed choices are bash, zsh, fish\.\n$/)
  assert.equal(exitCode, 2)
})
