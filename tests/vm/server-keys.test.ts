import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ApiError } from '@vulcan/client'
import { machineKind } from '../support/machine-kind.ts'
import { ENDLESS, python, ServerUnderTest, untilOutput } from '../support/server.ts'

/** What a server with keys takes on this machine: no test of this file jails its VMs. */
const FLAG = machineKind().kvm ? '--allow-without-jailer' : '--allow-emulated-isolation'

test('a server with keys lets in who has one, to what is theirs', async (t) => {
  const server = await ServerUnderTest.create(t, { flags: [FLAG] })
  const { vulcan } = server
  const newKey = async (...flags: string[]) => {
    const { exitCode, stdout, stderr } = await vulcan.run(['keys', 'create', ...flags])
    assert.equal(exitCode, 0, stderr)
    return stdout.toString().trim()
  }
  const one = await newKey('--name', 'one', '--max-concurrent', '1')
  const other = await newKey('--name', 'other')
  const reader = await newKey('--scopes', 'read')
  const operator = await newKey('--scopes', 'admin')
  const { exitCode, log } = await server.refusal()
  assert.equal(exitCode, 1)
  assert.ok(log.includes(FLAG), log)
  await server.start()
  const ones = server.client({ apiKey: one })
  const others = server.client({ apiKey: other })

  const endless = await ones.submit(ENDLESS)
  const waiting = await ones.submit(python('print("at last")'))
  await untilOutput(ones, endless)
  const printed = await vulcan.run(['run', '--timeout', '5m', '-c', 'print("with a key")'], {
    env: { VULCAN_API_URL: server.url, VULCAN_API_KEY: other },
  })
  assert.deepEqual(
    [printed.exitCode, printed.stdout.toString(), printed.stderr],
    [0, 'with a key\n', ''],
  )
  assert.equal((await ones.get(waiting.id)).status, 'pending')

  await assert.rejects(others.kill(endless.id), refusedWith(404, 'workload_unknown'))
  await assert.rejects(others.get(endless.id), refusedWith(404, 'workload_unknown'))
  assert.deepEqual([(await ones.stats()).total, (await others.stats()).total], [2, 1])
  assert.equal((await server.client({ apiKey: operator }).stats()).total, 3)
  const readers = server.client({ apiKey: reader })
  assert.equal((await readers.stats()).total, 0)
  await assert.rejects(readers.submit('1'), refusedWith(403, 'forbidden'))
  const wrong = server.client({ apiKey: `${one.slice(0, -4)}0000` })
  await assert.rejects(wrong.stats(), refusedWith(401, 'unauthorized'))
  for (const [apiKey, status] of [
    [operator, 200],
    [one, 403],
    [undefined, 401],
  ] as const) {
    const headers = apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }
    assert.equal((await server.fetch('/metrics', { headers })).status, status)
  }

  assert.equal((await ones.kill(endless.id)).status, 'killed')
  assert.equal((await ones.wait(waiting.id)).status, 'completed')
  const revoked = await vulcan.run(['keys', 'revoke', one])
  assert.equal(revoked.exitCode, 0, revoked.stderr)
  await assert.rejects(ones.get(waiting.id), refusedWith(401, 'unauthorized'))
  assert.equal((await others.stats()).total, 1)
  for (const key of [one, other, reader, operator]) assert.ok(!server.log.includes(key))
  await server.stop()
})

function refusedWith(status: number, code: string): (error: unknown) => boolean {
  return (error) => error instanceof ApiError && error.status === status && error.code === code
}
