import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WorkloadList } from '@vulcan/schema'
import { openServer, PYTHON, problemOf, textOf, viewOf } from './support/server-under-test.ts'

test('a sync request is answered with the workload when it has ended', async () => {
  await using api = await openServer()
  const answer = api.post('/v1/workloads', { ...PYTHON, args: ['a'], input: { n: 1 } })
  const execution = await api.backend.nth(0)
  assert.deepEqual(execution.spec.args, ['a'])
  assert.equal(Buffer.from(execution.spec.input ?? []).toString(), '{"n":1}')
  await execution.write('out')
  await execution.write('err', 'stderr')
  execution.exit(3)
  const response = await answer
  const view = await viewOf(response, 201)
  assert.equal(response.headers.get('location'), `/v1/workloads/${view.id}`)
  assert.equal(view.status, 'completed')
  assert.equal(view.reason, 'exited')
  assert.equal(view.exit_code, 3)
  assert.deepEqual([view.output, view.stdout, view.stderr].map(textOf), ['outerr', 'out', 'err'])
  assert.deepEqual([view.cpu_limit, view.mem_limit, view.timeout_s], [1, 512, 30])
  assert.equal(view.node_id, 'here')
  assert.match(view.input_hash, /^[0-9a-f]{64}$/)
})

test('a sync request that waits long enough shows the workload as it stands', async () => {
  await using api = await openServer()
  for (const [path, headers] of [
    ['/v1/workloads?wait=0', {}],
    ['/v1/workloads', { prefer: 'wait=0' }],
  ] as const) {
    const view = await viewOf(await api.post(path, PYTHON, headers), 201)
    assert.ok(['pending', 'running'].includes(view.status))
    assert.deepEqual([view.output, view.stdout, view.truncated], [null, null, null])
    assert.deepEqual([view.error, view.input_hash], ['', ''])
  }
})

test('an async request is answered at once, and so is one that prefers it', async () => {
  await using api = await openServer()
  const first = await api.post('/v1/workloads/async', PYTHON)
  const view = await viewOf(first, 202)
  assert.equal(view.status, 'pending')
  assert.equal(first.headers.get('location'), `/v1/workloads/${view.id}`)
  const second = await api.post('/v1/workloads', PYTHON, { prefer: 'respond-async' })
  assert.equal(second.headers.get('preference-applied'), 'respond-async')
  await viewOf(second, 202)
})

test('a request that prefers to be answered later, but waits a little, gets the end if it comes', async () => {
  await using api = await openServer()
  const answer = api.post('/v1/workloads', PYTHON, { prefer: 'respond-async, wait=60' })
  const execution = await api.backend.nth(0)
  execution.exit()
  const view = await viewOf(await answer, 201)
  assert.equal(view.status, 'completed')
})

test('a client that goes away does not kill its workload', async () => {
  await using api = await openServer()
  const leave = new AbortController()
  const answer = fetch(`${api.url}/v1/workloads`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(PYTHON),
    signal: leave.signal,
  })
  const execution = await api.backend.nth(0)
  const answered = api.nextAnswered()
  leave.abort()
  await assert.rejects(answer)
  await answered
  assert.equal(execution.options.signal.aborted, false)
  execution.exit(0)
  const view = await viewOf(await api.fetch(`/v1/workloads/${execution.spec.id}?wait=60`), 200)
  assert.equal(view.status, 'completed')
})

test('a long poll is answered at the end of the workload', async () => {
  await using api = await openServer()
  const { id, execution } = await api.begin()
  const answer = api.fetch(`/v1/workloads/${id}?wait=60`)
  const now = await viewOf(await api.fetch(`/v1/workloads/${id}`), 200)
  assert.equal(now.status, 'running')
  execution.exit(0)
  assert.equal((await viewOf(await answer, 200)).status, 'completed')
})

test('killing ends a workload that runs, and one that waits; what has ended is a conflict', async () => {
  await using api = await openServer()
  api.backend.maxConcurrency = 1
  const running = await api.begin()
  const waiting = await viewOf(await api.post('/v1/workloads/async', PYTHON), 202)
  for (const id of [waiting.id, running.id]) {
    const killed = await viewOf(await api.fetch(`/v1/workloads/${id}`, { method: 'DELETE' }), 200)
    assert.deepEqual([killed.status, killed.reason, killed.exit_code], ['killed', 'killed', null])
    const again = await api.fetch(`/v1/workloads/${id}`, { method: 'DELETE' })
    assert.equal((await problemOf(again)).code, 'workload_ended')
    assert.equal(again.status, 409)
  }
  const unknown = await api.fetch('/v1/workloads/01ARZ3NDEKTSV4RRFFQ69G5FAV', { method: 'DELETE' })
  assert.equal((await problemOf(unknown)).code, 'workload_unknown')
})

test('lists have pages by offset and by cursor, filters, and nothing long', async () => {
  await using api = await openServer()
  const ids: string[] = []
  for (const runtime of ['python', 'node', 'python', 'python', 'node']) {
    const { id, execution } = await api.begin({ runtime, code: 'x', args: ['secret'] })
    await execution.write('output')
    ids.unshift(id)
  }
  for (const execution of api.backend.executions.slice(0, 2)) execution.exit()
  for (const id of ids.slice(3)) await api.fetch(`/v1/workloads/${id}?wait=60`)

  const all = await listOf(api.fetch('/v1/workloads'))
  assert.deepEqual(
    all.workloads.map(({ id }) => id),
    ids,
  )
  assert.deepEqual([all.total, all.limit, all.offset, all.next_cursor], [5, 20, 0, null])
  for (const view of all.workloads) {
    assert.deepEqual([view.output, view.stdout, view.stderr, view.args], [null, null, null, null])
  }
  const offset = await listOf(api.fetch('/v1/workloads?limit=2&offset=1'))
  assert.deepEqual(
    offset.workloads.map(({ id }) => id),
    ids.slice(1, 3),
  )
  assert.deepEqual([offset.total, offset.limit, offset.offset], [5, 2, 1])

  const pages: string[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page = await listOf(api.fetch(`/v1/workloads?limit=2${cursor && `&cursor=${cursor}`}`))
    pages.push(...page.workloads.map(({ id }) => id))
    cursor = page.next_cursor
    // What is added meanwhile is not on later pages, and moves nothing.
    await api.post('/v1/workloads/async', PYTHON)
  }
  assert.deepEqual(pages, ids)

  const ended = await listOf(api.fetch('/v1/workloads?status=completed&runtime=node'))
  assert.deepEqual(
    ended.workloads.map(({ id }) => id),
    [ids[3]],
  )
  assert.equal(ended.total, 1)
  const later = new Date(Date.now() + 60_000).toISOString()
  assert.deepEqual((await listOf(api.fetch(`/v1/workloads?since=${later}`))).workloads, [])
})

test('a list with a wrong query names what is wrong', async () => {
  await using api = await openServer()
  for (const [query, field] of [
    ['limit=0', 'limit'],
    ['limit=101', 'limit'],
    ['limit=x', 'limit'],
    ['offset=-1', 'offset'],
    ['status=done', 'status'],
    ['runtime=cobol', 'runtime'],
    ['since=yesterday', 'since'],
  ] as const) {
    const problem = await problemOf(await api.fetch(`/v1/workloads?${query}`))
    assert.deepEqual([problem.status, problem.code, problem.field], [400, 'invalid_request', field])
  }
  const problem = await problemOf(await api.fetch('/v1/workloads?cursor=!'))
  assert.equal(problem.code, 'invalid_cursor')
})

async function listOf(answer: Promise<Response>): Promise<WorkloadList> {
  const response = await answer
  assert.equal(response.status, 200)
  return WorkloadList.parse(await response.json())
}
