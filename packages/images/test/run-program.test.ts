import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { BuildProgramError, BuildToolMissingError } from '../src/errors.ts'
import { type ProgramRun, runProgram } from '../src/run-program.ts'
import { temporaryHome } from './fixtures/temporary-home.ts'

const DEADLINE_MS = 60_000

test('a missing program is reported with the package that has it', async () => {
  const run = { ...shell(''), program: 'vulcan-no-such-program', aptPackage: 'some-package' }
  await assert.rejects(runProgram(run), (error) => {
    assert.ok(error instanceof BuildToolMissingError)
    assert.equal(error.code, 'build_tool_missing')
    assert.match(error.message, /vulcan-no-such-program.*apt install some-package/)
    return true
  })
})

test('a program that fails is reported with its exit code and the end of its standard error', async () => {
  const script = 'for i in $(seq 100); do echo "line $i" >&2; done; exit 3'
  await assert.rejects(runProgram(shell(script)), (error) => {
    assert.ok(error instanceof BuildProgramError)
    assert.deepEqual(error.end, { type: 'exited', exitCode: 3 })
    const lines = error.stderrTail.split('\n')
    assert.equal(lines.at(-1), 'line 100')
    assert.equal(lines.length, 20)
    return true
  })
})

test('a program that dies by a signal is reported with it', async () => {
  await assert.rejects(runProgram(shell('kill -KILL $$')), (error) => {
    assert.ok(error instanceof BuildProgramError)
    assert.deepEqual(error.end, { type: 'signalled', signal: 'SIGKILL' })
    return true
  })
})

test('each line of standard error is told', async () => {
  const lines: string[] = []
  await runProgram({ ...shell('echo one >&2; printf two >&2'), onLine: (line) => lines.push(line) })
  assert.deepEqual(lines, ['one', 'two'])
})

test('the deadline ends a program', async () => {
  await assert.rejects(runProgram({ ...shell('sleep 600'), deadlineMs: 50 }), (error) => {
    assert.ok(error instanceof BuildProgramError)
    assert.deepEqual(error.end, { type: 'timed_out', deadlineMs: 50 })
    return true
  })
})

test('an abort ends the program with all that it started, and gives it time to clean up', async () => {
  await using home = await temporaryHome()
  const controller = new AbortController()
  const started = new EventTarget()
  const ready = once(started, 'ready')
  const child = `
    process.on('SIGTERM', () => { fs.writeFileSync('child-cleaned', ''); process.exit(1) })
    setInterval(() => {}, 1000)
    console.error('ready')`
  const script = `trap 'echo > cleaned; wait; exit 1' TERM; "$NODE" -e "$CHILD" & wait`
  const run = runProgram({
    ...shell(script),
    cwd: home.path,
    env: { NODE: process.execPath, CHILD: child },
    signal: controller.signal,
    onLine: () => started.dispatchEvent(new Event('ready')),
  })
  await ready
  controller.abort(new Error('stopped by the user'))
  await assert.rejects(run, /stopped by the user/)
  assert.deepEqual((await readdir(home.path)).toSorted(), ['child-cleaned', 'cleaned'])
})

test('nothing is started after an abort', async () => {
  await using home = await temporaryHome()
  const signal = AbortSignal.abort(new Error('too late'))
  await assert.rejects(runProgram({ ...shell('> file'), cwd: home.path, signal }), /too late/)
  await assert.rejects(readFile(join(home.path, 'file')), { code: 'ENOENT' })
})

function shell(script: string): ProgramRun {
  return { program: 'sh', aptPackage: 'dash', args: ['-c', script], deadlineMs: DEADLINE_MS }
}

test('an abort while the program is looked up ends it, too', async () => {
  const abort = new AbortController()
  const running = runProgram({ ...shell('exec sleep 600'), signal: abort.signal })
  abort.abort(new Error('enough'))
  await assert.rejects(running, /enough/)
})
