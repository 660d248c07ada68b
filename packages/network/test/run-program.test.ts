import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runProgram } from '../src/run-program.ts'

const endless = { path: '/bin/sleep', args: ['600'], env: {}, deadlineMs: 60_000 }

test('an abort while the program is looked up ends it, too', async () => {
  const abort = new AbortController()
  const running = runProgram({ ...endless, signal: abort.signal })
  abort.abort(new Error('enough'))
  await assert.rejects(running, /enough/)
})
