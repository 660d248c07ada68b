import { Registry } from '@vulcan/backend'
import { type Execution, FakeBackend } from '@vulcan/backend/testing'
import { Engine, SqliteStore } from '@vulcan/engine'
import { aSpec } from './workloads.ts'

/**
 * A process that submits and runs workloads as fast as it can until somebody kills it. It says on its
 * standard output what it was told, a line each: `accepted ID`, `ended ID`, `stored ID SEQ TEXT`.
 */
const [path = '', first = '0'] = process.argv.slice(2)
const never = new AbortController().signal

const backend = new FakeBackend(4)
const registry = new Registry()
registry.register(backend)
const engine = await Engine.open({
  store: await SqliteStore.open(path),
  registry,
  nodeId: 'doomed',
  defaults: { cpus: 1, memMib: 128 },
  queue: { max: 40, maxPerOwner: 40 },
  onProblem: (error) => say(`problem ${error}`),
})

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

async function submitAll(): Promise<void> {
  for (let n = Number(first); ; n += 1) {
    const id = `02${String(n).padStart(24, '0')}`
    const idempotency = { key: `key of ${id}`, requestHash: id }
    await engine.submit(aSpec({ id, code: `print(${n})` }), { idempotency })
    say(`accepted ${id}`)
    if (engine.load.waiting > 20) await backend.nth(backend.executions.length)
  }
}

async function answerAll(): Promise<void> {
  for (let at = 0; ; at += 1) void answer(await backend.nth(at))
}

async function answer(execution: Execution): Promise<void> {
  const { id } = execution.spec
  await execution.phase('running')
  await execution.write(`output of ${id}`)
  for await (const event of engine.events(id)) {
    if (event.type !== 'output') continue
    say(`stored ${id} ${event.seq} ${Buffer.from(event.bytes)}`)
    break
  }
  execution.exit()
  await engine.wait(id, never)
  say(`ended ${id}`)
}

await Promise.all([submitAll(), answerAll()])
