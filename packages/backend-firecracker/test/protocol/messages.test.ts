import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WorkloadSpec } from '@vulcan/schema'
import { ProtocolError } from '../../src/protocol/errors.ts'
import { parseReady, parseRunMessage, runRequest } from '../../src/protocol/messages.ts'

const ID = '01K3Z5V7Q8R9S0T1V2W3X4Y5Z6'

function refused(parse: () => unknown): void {
  assert.throws(parse, (error: unknown) => {
    return error instanceof ProtocolError && error.code === 'message_unexpected'
  })
}

test('a request carries bytes as base64 and leaves out what was not given', () => {
  const spec = WorkloadSpec.parse({
    id: ID,
    runtime: 'python',
    code: 'print(1)',
    args: ['a'],
    input: Uint8Array.of(0, 255),
  })
  assert.deepEqual(JSON.parse(JSON.stringify(runRequest(spec))), {
    type: 'run',
    runtime: 'python',
    code: 'print(1)',
    args: ['a'],
    input: 'AP8=',
    env: {},
    timeout_s: 30,
    output_limit: 16 * 1024 * 1024,
  })
})

test('output is decoded to the bytes that were sent', () => {
  const message = parseRunMessage({ type: 'output', stream: 'stderr', data: 'AP8=' })
  assert.deepEqual(message, { type: 'output', stream: 'stderr', data: Buffer.from([0, 255]) })
})

test('messages of another shape are refused', () => {
  const response = { exit_code: 0, error: '', reason: 'exited', truncated: {} }
  for (const message of [
    null,
    [],
    'result',
    { type: 'nonsense' },
    { type: 'output', stream: 'stdin', data: '' },
    { type: 'output', stream: 'stdout', data: 'not base64!' },
    { type: 'result', response },
    { type: 'result', response: { ...response, exit_code: 4096 } },
    { type: 'result', response: { ...response, error: { length: { toString: null } } } },
    { type: 'ready', version: { length: { toString: null } } },
    { type: 'ready', version: '0.1.0', uptime_ms: -1 },
    { type: 'ready', version: '0.1.0', uptime_ms: 1e9 },
    { type: 'ready', version: '0.1.0', stages: { init_ms: 1 } },
    { type: 'ready', version: '0.1.0', stages: { listening_ms: 0.5 } },
  ]) {
    refused(() => parseRunMessage(message))
    refused(() => parseReady(message))
  }
})

test('a message with __proto__ changes nothing outside itself', () => {
  const hostile = JSON.parse(
    '{"type":"output","stream":"stdout","data":"","__proto__":{"polluted":true}}',
  )
  const message: object = parseRunMessage(hostile)
  assert.equal('polluted' in message, false)
  assert.equal('polluted' in {}, false)
})
