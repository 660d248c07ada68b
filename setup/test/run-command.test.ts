import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CommandFailedError, runCommand } from '../src/run-command.ts'

const signal = new AbortController().signal
const shell = (script: string, options = { signal }) => runCommand('sh', ['-c', script], options)

test('the output of a program is returned without its last line feed', async () => {
  assert.equal(await shell('printf "one\\ntwo\\n"'), 'one\ntwo')
})

test('lines of standard error are passed on', async () => {
  const lines: string[] = []
  const onLine = (line: string) => lines.push(line)
  await runCommand('sh', ['-c', 'echo one >&2; echo two >&2'], { signal, onLine })
  assert.deepEqual(lines, ['one', 'two'])
})

test('a program that fails is an error with its command and its last words', async () => {
  await assert.rejects(shell('echo "no such crate" >&2; exit 101'), (error) => {
    assert.ok(error instanceof CommandFailedError)
    assert.equal(error.code, 'command_failed')
    assert.equal(error.outputTail, 'no such crate')
    assert.match(error.message, /^"sh -c .*" exited with 101\nno such crate$/)
    return true
  })
})

test('of a talkative program the last lines are kept', async () => {
  await assert.rejects(shell('seq 1 1000 >&2; exit 1'), (error) => {
    assert.ok(error instanceof CommandFailedError)
    assert.equal(error.outputTail.split('\n')[0], '971')
    assert.equal(error.outputTail.split('\n').at(-1), '1000')
    return true
  })
})

test('a program that does not exist is an error of the same kind', async () => {
  await assert.rejects(runCommand('no-such-program', [], { signal }), {
    code: 'command_failed',
    message: /could not be started/,
  })
})

test('an abort ends the program, and the promise with the reason', async () => {
  const abort = new AbortController()
  const reason = new Error('stopped')
  const onLine = () => abort.abort(reason)
  const run = runCommand('sh', ['-c', 'echo started >&2; exec sleep 600'], {
    signal: abort.signal,
    onLine,
  })
  await assert.rejects(run, reason)
})
