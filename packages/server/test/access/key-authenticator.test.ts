import assert from 'node:assert/strict'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { HttpProblem, KeyAuthenticator, KeyStore, type Quota } from '@vulcan/server'
import { formatApiKey, newApiKey } from '../../src/access/api-key.ts'
import { requestFacts } from '../support/request-facts.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

async function underTest(t: TestContext) {
  using held = new DisposableStack()
  const keys = held.use(await KeyStore.open(join(await temporaryDirectory(t), 'keys.db')))
  const problems: unknown[] = []
  let nowMs = 0
  const authenticator = new KeyAuthenticator({
    keys,
    onProblem: (error) => problems.push(error),
    nowMs: () => nowMs,
  })
  held.use(authenticator)
  const all = held.move()
  t.after(() => all.dispose())
  const identify = (authorization?: string, remoteAddress?: string) =>
    authenticator.identify(
      requestFacts({
        headers: authorization === undefined ? [] : [['Authorization', authorization]],
        ...(remoteAddress === undefined ? {} : { remoteAddress }),
      }),
    )
  const pass = (ms: number) => {
    nowMs += ms
  }
  return { keys, problems, authenticator, identify, pass }
}

function problemOf(act: () => unknown): HttpProblem {
  try {
    act()
  } catch (error) {
    if (error instanceof HttpProblem) return error
    throw error
  }
  throw new Error('nothing was refused')
}

test('a key makes a caller, who owns what is submitted with it', async (t) => {
  const { keys, authenticator, identify } = await underTest(t)
  const quota = { maxConcurrent: 2 }
  const { secretKey, record } = keys.create({ scopes: ['run', 'read'], quota })
  authenticator.admit()
  for (const authorization of [`Bearer ${secretKey}`, `bearer  ${secretKey} `]) {
    assert.deepEqual(identify(authorization), {
      owner: record.id,
      scopes: new Set(['run', 'read']),
      quota,
    })
  }
})

test('without a key a request is told what is needed, and of no error', async (t) => {
  const { keys, identify } = await underTest(t)
  const { secretKey } = keys.create({ scopes: ['run'] })
  for (const authorization of [undefined, '', secretKey, `Basic ${btoa(`:${secretKey}`)}`]) {
    const problem = problemOf(() => identify(authorization))
    assert.equal(problem.code, 'unauthorized')
    assert.deepEqual(problem.headers, { 'www-authenticate': 'Bearer realm="vulcan"' })
  }
})

test('a key in the query is none', async (t) => {
  const { keys, authenticator } = await underTest(t)
  const { secretKey } = keys.create({ scopes: ['run'] })
  const url = `/v1/workloads?access_token=${secretKey}&api_key=${secretKey}`
  const problem = problemOf(() => authenticator.identify(requestFacts({ url })))
  assert.equal(problem.code, 'unauthorized')
  assert.ok(!problem.message.includes(secretKey))
})

test('a key that is wrong, revoked or expired is an invalid token, and its answer repeats nothing of it', async (t) => {
  const { keys, identify } = await underTest(t)
  const right = keys.create({ scopes: ['run'] })
  const revoked = keys.create({ scopes: ['run'] })
  keys.revoke(revoked.record.id)
  const expired = keys.create({ scopes: ['run'], expiresAtMs: Date.now() })
  const wrongSecret = formatApiKey({ ...newApiKey(), id: right.record.id })
  for (const [key, words] of [
    ['', /not valid/],
    ['garbage', /not valid/],
    [`${right.secretKey}x`, /not valid/],
    [wrongSecret, /not valid/],
    [formatApiKey(newApiKey()), /not valid/],
    [revoked.secretKey, /revoked/],
    [expired.secretKey, /expired/],
  ] as const) {
    const problem = problemOf(() => identify(`Bearer ${key}`))
    assert.equal(problem.code, 'unauthorized')
    assert.match(problem.message, words)
    const challenge = problem.headers['www-authenticate'] ?? ''
    assert.match(
      challenge,
      /^Bearer realm="vulcan", error="invalid_token", error_description="[^"]+"$/,
    )
    if (key !== '') assert.ok(!`${problem.message}${challenge}`.includes(key))
  }
})

test('revocation and expiry count from the next request', async (t) => {
  const { keys, identify } = await underTest(t)
  const { secretKey, record } = keys.create({ scopes: ['run'] })
  assert.equal(identify(`Bearer ${secretKey}`).owner, record.id)
  keys.revoke(record.id)
  assert.match(problemOf(() => identify(`Bearer ${secretKey}`)).message, /revoked/)
})

test('invalid keys of one address are counted, valid ones of it and of others are served', async (t) => {
  const { keys, identify, pass } = await underTest(t)
  const { secretKey } = keys.create({ scopes: ['run'] })
  const guess = (address: string) =>
    problemOf(() => identify(`Bearer ${formatApiKey(newApiKey())}`, address))
  for (let n = 0; n < 30; n += 1) assert.equal(guess('192.0.2.1').code, 'unauthorized')
  const limited = guess('192.0.2.1')
  assert.equal(limited.code, 'too_many_failures')
  assert.equal(limited.retryAfterS, 2)
  assert.equal(guess('::ffff:192.0.2.1').code, 'too_many_failures')
  assert.equal(guess('192.0.2.2').code, 'unauthorized')
  assert.ok(identify(`Bearer ${secretKey}`, '192.0.2.1'))
  pass(2_000)
  assert.equal(guess('192.0.2.1').code, 'unauthorized')
  assert.equal(guess('192.0.2.1').code, 'too_many_failures')
})

test('the addresses of one IPv6 network count as one', async (t) => {
  const { identify } = await underTest(t)
  const guess = (address: string) => problemOf(() => identify('Bearer x', address)).code
  for (let n = 0; n < 30; n += 1) assert.equal(guess(`2001:db8::${n}:1`), 'unauthorized')
  assert.equal(guess('2001:db8:0:0:1:2:3:4'), 'too_many_failures')
  assert.equal(guess('2001:db8:0:1::1'), 'unauthorized')
  assert.equal(guess('::1'), 'unauthorized')
})

for (const [quota, field, words] of [
  [{ maxCpus: 1 }, 'resources.cpus', /^resources\.cpus: is 2 .* at most 1$/],
  [{ maxMemMib: 512 }, 'resources.mem_mb', /^resources\.mem_mb: is 1024 MiB .* at most 512 MiB$/],
  [{ maxNetwork: 'none' }, 'network', /^network: is "public" .* at most "none"$/],
] as const satisfies readonly (readonly [Quota, string, RegExp])[]) {
  test(`${field} over the quota is forbidden and named with the limit, and at it permitted`, async (t) => {
    const { authenticator } = await underTest(t)
    const caller = { owner: 'one', scopes: new Set(['run'] as const), quota }
    const within = { cpus: 1, memMib: 512, network: 'none' } as const
    authenticator.admitSubmission(caller, within)
    const beyond = { cpus: 2, memMib: 1024, network: 'public' } as const
    const problem = problemOf(() => authenticator.admitSubmission(caller, beyond))
    assert.equal(problem.code, 'forbidden')
    assert.equal(problem.field, field)
    assert.match(problem.message, words)
  })
}

test('over its rate a key waits, others do not, and what is refused is not counted', async (t) => {
  const { authenticator, pass } = await underTest(t)
  const caller = (owner: string) => ({
    owner,
    scopes: new Set(['run'] as const),
    quota: { ratePerMinute: 2, maxCpus: 1 },
  })
  const needs = { cpus: 1, memMib: 512, network: 'none' } as const
  const submit = (owner: string, cpus = 1) =>
    authenticator.admitSubmission(caller(owner), { ...needs, cpus })
  assert.equal(problemOf(() => submit('one', 2)).code, 'forbidden')
  submit('one')
  submit('one')
  pass(500)
  const problem = problemOf(() => submit('one'))
  assert.equal(problem.code, 'quota_exceeded')
  assert.equal(problem.retryAfterS, 30)
  submit('other')
  pass(29_500)
  submit('one')
})

test('last uses are written when the authenticator ends, and each minute before', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const { keys, authenticator, identify } = await underTest(t)
  const { secretKey } = keys.create({ scopes: ['run'] })
  const lastUsedAtMs = () => keys.list()[0]?.lastUsedAtMs ?? null
  identify(`Bearer ${secretKey}`)
  assert.equal(lastUsedAtMs(), null)
  t.mock.timers.tick(60_000)
  const first = lastUsedAtMs()
  assert.ok(first !== null && first <= Date.now())
  keys.recordUses(new Map([[keys.list()[0]!.id, 0]]))
  t.mock.timers.tick(60_000)
  assert.equal(lastUsedAtMs(), 0)
  identify(`Bearer ${secretKey}`)
  authenticator[Symbol.dispose]()
  assert.ok(lastUsedAtMs()! >= first)
})

test('that uses cannot be written is told, and locks nobody out', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const { keys, identify, problems } = await underTest(t)
  const { secretKey } = keys.create({ scopes: ['run'] })
  identify(`Bearer ${secretKey}`)
  const full = new Error('database or disk is full')
  t.mock.method(keys, 'recordUses', () => {
    throw full
  })
  t.mock.timers.tick(60_000)
  assert.deepEqual(problems, [full])
  assert.ok(identify(`Bearer ${secretKey}`))
})
