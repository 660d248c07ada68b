import assert from 'node:assert/strict'
import { Registry } from '@vulcan/backend'
import { FakeBackend } from '@vulcan/backend/testing'
import { Engine, type EngineOptions, MemoryStore, type RecordedEvent } from '@vulcan/engine'
import { aSpec } from './workloads.ts'

/** What a test changes of an engine; whatever it does not say has a default. */
export interface EngineSetup extends Partial<Omit<EngineOptions, 'registry'>> {
  readonly backend?: FakeBackend
}

/** An engine over a fake backend; a problem that the test does not expect fails it. */
export async function openEngine({ backend = new FakeBackend(), ...options }: EngineSetup = {}) {
  const registry = new Registry()
  registry.register(backend)
  const store = options.store ?? new MemoryStore()
  const engine = await Engine.open({
    nodeId: 'here',
    defaults: { cpus: 1, memMib: 512 },
    onProblem: (error) => assert.fail(String(error)),
    ...options,
    store,
    registry,
  })
  return {
    engine,
    backend,
    store,
    /** How many wait, and how many have a slot. */
    get counts() {
      const { waiting, running } = engine.load
      return { waiting, running }
    },
    /** Submits a workload, and waits until the backend has it. */
    async begin() {
      const spec = aSpec()
      await engine.submit(spec)
      return { spec, execution: await backend.execution(spec.id) }
    },
    /** A backend that heeds nothing gets its answers here. */
    async [Symbol.asyncDispose]() {
      const drained = engine[Symbol.asyncDispose]()
      for (const execution of backend.executions) execution.end({ outcome: 'killed' })
      await drained
    },
  }
}

/** The events as one text each: phases by name, output as it is. */
export function textsOf(events: readonly RecordedEvent[]): string[] {
  return events.map((event) =>
    event.type === 'output' ? Buffer.from(event.bytes).toString() : event.phase,
  )
}
