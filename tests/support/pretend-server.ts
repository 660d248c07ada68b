import { Registry } from '@vulcan/backend'
import { type Execution, FakeBackend } from '@vulcan/backend/testing'
import { Engine, MemoryStore } from '@vulcan/engine'
import type { WorkloadResult, WorkloadSpec } from '@vulcan/schema'
import { KeylessAuthenticator, Server } from '@vulcan/server'
import { pino } from 'pino'

type ExecuteOptions = Parameters<FakeBackend['execute']>[1]

/**
 * A backend without VMs that does what a program says, as far as it understands it: `print("…")`,
 * `warn("…")` on stderr, `cat()` of standard input, `exit(N)`, and `sleep()` until it is killed.
 */
class PretendBackend extends FakeBackend {
  override execute(spec: WorkloadSpec, options: ExecuteOptions): Promise<WorkloadResult> {
    const result = super.execute(spec, options)
    void this.execution(spec.id).then(play)
    return result
  }
}

async function play(execution: Execution): Promise<void> {
  const { code = '', input } = execution.spec
  for (const phase of ['image', 'booting', 'running'] as const) await execution.phase(phase)
  for (const [, verb, words = ''] of code.matchAll(/(\w+)\((?:"([^"]*)"|\d*)\)/g)) {
    if (verb === 'print') await execution.write(`${words}\n`)
    if (verb === 'warn') await execution.write(`${words}\n`, 'stderr')
    if (verb === 'cat') await execution.write(Buffer.from(input ?? []).toString())
    if (verb === 'sleep') return
  }
  execution.exit(Number(/exit\((\d+)\)/.exec(code)?.[1] ?? 0))
}

/** A whole server over a backend that pretends, without keys, on a loopback address. */
export async function openPretendServer() {
  await using held = new AsyncDisposableStack()
  const backend = new PretendBackend()
  const registry = new Registry()
  registry.register(backend)
  const defaults = { cpus: 1, memMib: 512 }
  const problems: unknown[] = []
  const engine = await Engine.open({
    ...{ store: held.use(new MemoryStore()), registry, nodeId: 'here', defaults },
    onProblem: (error) => problems.push(error),
  })
  held.use(engine)
  const server = await Server.listen({
    ...{ engine, backends: () => [backend], defaults: { ...defaults, network: 'none' } },
    listen: { host: '127.0.0.1', port: 0 },
    authenticator: new KeylessAuthenticator({ listenAddress: '127.0.0.1' }),
    readiness: () => {
      return { status: 'ready', isolation_strength: 'emulated', reason: '', ...engine.load }
    },
    logger: pino({ level: 'silent' }),
  })
  held.use(server)
  const all = held.move()
  return {
    ...{ url: server.url, engine, backend, problems },
    [Symbol.asyncDispose]: () => all[Symbol.asyncDispose](),
  }
}
