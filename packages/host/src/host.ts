import type { VmmProgram } from '@vulcan/backend-firecracker'
import { Engine, MemoryStore } from '@vulcan/engine'
import { type Env, messageOf, type WorkloadEvent, type WorkloadSpec } from '@vulcan/schema'
import { type Foundation, type FoundationOptions, openFoundation } from './foundation.ts'
import type { Microvm } from './microvm.ts'
import { type RunReport, reportEnd, reportRefusal } from './report.ts'
import { readSettings } from './settings.ts'

export interface OpenHostOptions extends FoundationOptions {
  readonly env: Env
}

export interface RunOptions {
  readonly signal: AbortSignal
  readonly onEvent?: (event: WorkloadEvent) => void | Promise<void>
}

/** How long programs may go on that still run when their host is closed. */
const CLOSE_GRACE_MS = 10_000

/**
 * A host for one command: its workloads live no longer than the process. Opening it clears what dead
 * processes left; closing it waits until everything that its own workloads held is released.
 */
export class Host implements AsyncDisposable {
  /** The VMM in use and what was found out about KVM; or why no VM can be started here. */
  readonly microvm: Microvm | Error
  readonly #engine: Engine
  readonly #held: AsyncDisposableStack

  private constructor(microvm: Microvm | Error, engine: Engine, held: AsyncDisposableStack) {
    this.microvm = microvm
    this.#engine = engine
    this.#held = held
  }

  /**
   * Throws `ConfigError`, `DirectoryError`, `OwnerError`, or the signal's reason. What keeps VMs from
   * running is told when a workload wants one.
   */
  static async open({ env, ...options }: OpenHostOptions): Promise<Host> {
    const settings = await readSettings(env)
    await using held = new AsyncDisposableStack()
    const foundation = held.use(await openFoundation(settings, options))
    const engine = await openEngine(foundation, options)
    // Released before the backend: what still runs or waits then has the reason "shutdown".
    held.defer(() => engine.drain({ graceMs: CLOSE_GRACE_MS, waiting: 'end' }))
    return new Host(foundation.microvm, engine, held.move())
  }

  /** The VMM in use; undefined where no VM can be started. */
  get vmm(): VmmProgram | undefined {
    return this.microvm instanceof Error ? undefined : this.microvm.program
  }

  /** Runs one workload. Whatever goes wrong is a row of the table of outcomes: never rejects. */
  async run(spec: WorkloadSpec, options: RunOptions): Promise<RunReport> {
    const { id, runtime } = spec
    const known = { id, runtime, vmm: this.vmm }
    const startedAtMs = performance.now()
    const elapsedMs = () => Math.round(performance.now() - startedAtMs)
    try {
      const end = await this.#engine.run(spec, options)
      return reportEnd(known, end, elapsedMs())
    } catch (error) {
      return reportRefusal(known, error, elapsedMs())
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#held[Symbol.asyncDispose]()
  }
}

function openEngine(
  { settings, ownerId, registry }: Foundation,
  { onNotice }: FoundationOptions,
): Promise<Engine> {
  const { config } = settings
  return Engine.open({
    store: new MemoryStore(),
    registry,
    nodeId: ownerId,
    defaults: { cpus: config.defaultVcpus, memMib: config.defaultMemMib },
    // Its caller was told how a workload ended, and nobody asks again.
    retention: { maxAgeMs: 0 },
    onProblem: (error) => onNotice(messageOf(error)),
  })
}
