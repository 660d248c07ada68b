import { join } from 'node:path'
import { type Backend, Registry } from '@vulcan/backend'
import { Engine, SqliteStore } from '@vulcan/engine'
import { PHASES, type WorkloadResult } from '@vulcan/schema'
import { type Caller, Server } from '@vulcan/server'
import pino from 'pino'

/**
 * A host whose VMs take no time: engine, store on disk and HTTP server in one process, which says its
 * URL on standard output and ends at SIGTERM. Its one argument is a directory of its own.
 */
const [directory = '.'] = process.argv.slice(2)

const HELLO = Buffer.from('hello\n')

const backend: Backend = {
  capabilities: () => ({
    name: 'fake',
    supportedRuntimes: ['go', 'node', 'python'],
    supportedIsolations: ['microvm'],
    maxConcurrency: 10,
    isolationStrength: 'emulated',
  }),
  async execute(_spec, { onEvent }) {
    for (const [at, phase] of PHASES.entries()) {
      await onEvent?.({ type: 'phase', phase, atMs: at })
      if (phase === 'running') {
        await onEvent?.({ type: 'output', stream: 'stdout', seq: 0, bytes: HELLO })
      }
    }
    return RESULT
  },
  cleanup: async () => undefined,
  idle: async () => undefined,
  shutdown: async () => undefined,
}

const RESULT: WorkloadResult = {
  outcome: 'exited',
  exitCode: 0,
  stdout: HELLO,
  stderr: new Uint8Array(),
  truncated: { stdout: false, stderr: false },
  error: '',
  durationMs: 1,
  phases: PHASES.map((phase, atMs) => ({ phase, atMs })),
  vmm: { name: 'firecracker', version: '1', reason: 'a fake' },
  isolationStrength: 'emulated',
}

const CALLER: Caller = { owner: 'bench', scopes: new Set(['run', 'read']), quota: {} }

const logger = pino({ level: 'info' }, pino.destination(join(directory, 'log')))
const registry = new Registry()
registry.register(backend)
const store = await SqliteStore.open(join(directory, 'vulcan.db'))
const engine = await Engine.open({
  store,
  registry,
  nodeId: 'bench',
  defaults: { cpus: 1, memMib: 512 },
  // All callers have one key here.
  queue: { maxPerOwner: 1_000 },
  retention: { maxWorkloads: Number.MAX_SAFE_INTEGER },
  onProblem: (error) => logger.error(error),
})
const server = await Server.listen({
  engine,
  backends: () => [backend],
  listen: { host: '127.0.0.1', port: 0 },
  authenticator: {
    admit: () => undefined,
    identify: () => CALLER,
    admitSubmission: () => undefined,
  },
  defaults: { cpus: 1, memMib: 512, network: 'none' },
  readiness: () => ({
    status: 'ready',
    isolation_strength: 'emulated',
    reason: '',
    waiting: engine.load.waiting,
    running: engine.load.running,
  }),
  logger,
})
process.stdout.write(`${server.url}\n`)

process.once('SIGTERM', () => {
  void (async () => {
    await server[Symbol.asyncDispose]()
    await engine[Symbol.asyncDispose]()
    await store[Symbol.asyncDispose]()
  })()
})
