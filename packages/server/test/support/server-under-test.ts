import assert from 'node:assert/strict'
import { Registry } from '@vulcan/backend'
import { FakeBackend } from '@vulcan/backend/testing'
import { Engine, type EngineOptions, MemoryStore } from '@vulcan/engine'
import { Problem, type Readiness, WorkloadView } from '@vulcan/schema'
import {
  type AnsweredRequest,
  type Authenticator,
  type Caller,
  HttpProblem,
  Server,
  type ServerOptions,
} from '@vulcan/server'
import { pino } from 'pino'

/** What a test changes; whatever it does not say has a default. */
export interface ServerSetup extends Partial<Omit<ServerOptions, 'engine' | 'backends'>> {
  readonly backend?: FakeBackend
  readonly engine?: Partial<Omit<EngineOptions, 'registry'>>
}

export const EVERYBODY: Caller = {
  owner: '',
  scopes: new Set(['run', 'read', 'admin']),
  quota: {},
}

/** Lets everybody in, as a host without keys does on loopback. */
export const WITHOUT_KEYS: Authenticator = {
  admit: () => undefined,
  identify: () => EVERYBODY,
  admitSubmission: () => undefined,
}

/** The key is the owner's name and scopes: `Bearer one run read`. */
export const WITH_KEYS: Authenticator = {
  ...WITHOUT_KEYS,
  identify({ headers }) {
    const [scheme, owner, ...scopes] = headers.authorization?.split(' ') ?? []
    if (scheme !== 'Bearer' || owner === undefined) {
      throw new HttpProblem('unauthorized', 'a key is needed', {
        headers: { 'www-authenticate': 'Bearer' },
      })
    }
    return { owner, scopes: new Set(scopes) as Caller['scopes'], quota: {} }
  },
}

const READY: Readiness = {
  status: 'ready',
  isolation_strength: 'emulated',
  reason: '',
  waiting: 0,
  running: 0,
}

/** A server on a free port over an engine and a fake backend; all of them end with it. */
export async function openServer({
  backend = new FakeBackend(),
  engine: engineOptions = {},
  ...options
}: ServerSetup = {}) {
  await using held = new AsyncDisposableStack()
  const registry = new Registry()
  registry.register(backend)
  const store = engineOptions.store ?? held.use(new MemoryStore())
  const engine = await Engine.open({
    nodeId: 'here',
    defaults: { cpus: 1, memMib: 512 },
    onProblem: (error) => assert.fail(String(error)),
    ...engineOptions,
    store,
    registry,
  })
  held.defer(async () => {
    const drained = engine[Symbol.asyncDispose]()
    for (const execution of backend.executions) execution.end({ outcome: 'killed' })
    await drained
  })
  const log: string[] = []
  const answered: AnsweredRequest[] = []
  let nextAnswered = Promise.withResolvers<AnsweredRequest>()
  const server = await Server.listen({
    listen: { host: '127.0.0.1', port: 0 },
    authenticator: WITHOUT_KEYS,
    defaults: { cpus: 1, memMib: 512, network: 'none' },
    readiness: () => READY,
    metrics: async () => ({ contentType: 'text/plain; version=0.0.4', body: 'up 1\n' }),
    logger: pino({ level: 'debug' }, { write: (line: string) => void log.push(line) }),
    onRequest: (request) => {
      answered.push(request)
      nextAnswered.resolve(request)
      nextAnswered = Promise.withResolvers()
    },
    ...options,
    engine,
    backends: () => [backend],
  })
  held.use(server)
  const all = held.move()
  const under = {
    engine,
    backend,
    store,
    server,
    log,
    answered,
    /** Of the requests that are not answered yet the next one that is. */
    nextAnswered: () => nextAnswered.promise,
    url: server.url,
    port: Number(new URL(server.url).port),
    fetch: (path: string, init?: RequestInit): Promise<Response> => fetch(server.url + path, init),
    /** Submits, and waits until the backend has it. */
    async begin(body: object = PYTHON) {
      const { id } = await viewOf(await under.post('/v1/workloads/async', body), 202)
      return { id, execution: await backend.execution(id) }
    },
    post: (path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
      under.fetch(path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
      }),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
  return under
}

/** The least that a workload's body can be. */
export const PYTHON = { runtime: 'python', code: 'print(1)' }

/** The workload in an answer, which has to be one. */
export async function viewOf(response: Response, status: number): Promise<WorkloadView> {
  const body: unknown = await response.json()
  assert.equal(response.status, status, JSON.stringify(body))
  return WorkloadView.parse(body)
}

/** The problem in an answer, which has to be one, with all that goes with it. */
export async function problemOf(response: Response): Promise<Problem> {
  assert.equal(response.headers.get('content-type'), 'application/problem+json; charset=utf-8')
  const problem = Problem.parse(await response.json())
  assert.equal(problem.status, response.status)
  assert.equal(problem.error, problem.detail)
  assert.equal(problem.requestId, response.headers.get('x-request-id'))
  return problem
}

export function textOf(base64: string | null): string {
  return Buffer.from(base64 ?? '', 'base64').toString()
}
