import assert from 'node:assert/strict'
import { test } from 'node:test'
import { python, ServerUnderTest, untilOutput, untilPhase } from '../support/server.ts'

const MIB = 1024 * 1024
const LOG_LIMIT_BYTES = 2 * MIB

test('programs that flood their output and that never read their input disturb no other', async (t) => {
  const server = await ServerUnderTest.start(t, {
    env: { VULCAN_LOG_LIMIT_BYTES: String(LOG_LIMIT_BYTES) },
  })
  const client = server.client()
  const flood = await client.submit({
    runtime: 'python',
    code: 'import sys\nwhile True: sys.stdout.buffer.write(b"0123456789abcde\\n" * 4096)',
    timeoutS: 3600,
    outputLimitBytes: MIB,
  })
  const deaf = await client.submit({
    runtime: 'python',
    code: 'import time\ntime.sleep(3600)',
    timeoutS: 3600,
    stdin: new Uint8Array(8 * MIB),
  })
  await Promise.all([untilOutput(client, flood), untilPhase(client, deaf, 'running')])
  const other = await client.run(python('import sys\nprint(len(sys.stdin.read()))'))
  assert.deepEqual([other.reason, other.exitCode, other.stdout], ['exited', 0, '0\n'])
  for (const { id } of [flood, deaf]) assert.equal((await client.get(id)).status, 'running')

  const [flooded, unread] = await Promise.all([flood, deaf].map(({ id }) => client.kill(id)))
  assert.deepEqual([flooded?.status, unread?.status], ['killed', 'killed'])
  assert.deepEqual(flooded?.truncated, { stdout: true, stderr: false })
  const kept = Buffer.from(flooded?.stdout ?? [])
  assert.ok(kept.equals(Buffer.from('0123456789abcde\n'.repeat(MIB / 16))))
  let logged = 0
  for await (const event of client.logs(flood.id)) {
    if (event.type === 'output') logged += event.bytes.byteLength
  }
  assert.ok(logged >= MIB && logged <= LOG_LIMIT_BYTES, `${logged} bytes were kept`)
  await server.stop()
})
