import { Registry } from '@vulcan/backend'
import {
  becomeOwner,
  type FirecrackerBackend,
  makeUsable,
  type VmmProgram,
} from '@vulcan/backend-firecracker'
import { Engine, MemoryStore } from '@vulcan/engine'
import { messageOf, type WorkloadEvent, type WorkloadSpec } from '@vulcan/schema'
import { type Microvm, openMicrovm } from './microvm.ts'
import { type RunReport, reportEnd, reportRefusal } from './report.ts'
import { readSettings, type Settings } from './settings.ts'

/** What a host tells while it works: for a log or a person, never for a program. */
export type HostNotice = (message: string) => void

export interface OpenHostOptions {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly signal: AbortSignal
  readonly onNotice: HostNotice
  /** Tries VMMs again that lately did not boot a guest. */
  readonly retryTrials?: boolean
  /** How many networks are made before a VM needs one (default 0). */
  readonly readySlots?: number
}

export interface RunOptions {
  readonly signal: AbortSignal
  readonly onEvent?: (event: WorkloadEvent) => void | Promise<void>
}

/** How often a host looks for what dead processes left, and for what it could not release before. */
const RECOVERY_EVERY_MS = 60_000

/**
 * One Vulcan process with its engine and its backend. Opening it clears what dead processes left;
 * closing it waits until everything that its own workloads held is released.
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
  static async open(options: OpenHostOptions): Promise<Host> {
    const settings = await readSettings(options.env)
    await makeUsable(settings.layout.homeDir, 'VULCAN_HOME', 0o755)
    await using held = new AsyncDisposableStack()
    const { ownerId } = held.use(await becomeOwner(settings.layout))
    const registry = new Registry()
    const microvm = await openMicrovm({ ...options, ...settings, ownerId }).catch(toError)
    options.signal.throwIfAborted()
    if (microvm instanceof Error) {
      registry.declareUnavailable('microvm', microvm.message)
    } else {
      const { backend } = microvm
      registry.register(backend)
      held.use(clearRegularly(backend, options.onNotice))
      held.defer(() => backend.shutdown())
    }
    // Released first: what still runs then is ended by the engine, which says why.
    const engine = await openEngine(registry, { ...options, ...settings, ownerId })
    held.defer(() => engine.drain({ graceMs: 0, waiting: 'end' }))
    return new Host(microvm, engine, held.move())
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

/** This host lives no longer than its caller: nothing of its workloads is to survive it. */
function openEngine(
  registry: Registry,
  { config, ownerId, onNotice }: OpenHostOptions & Settings & { readonly ownerId: string },
): Promise<Engine> {
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

/** Clears now and every now and then; disposing waits for the end of a recovery that goes on. */
function clearRegularly(backend: FirecrackerBackend, onNotice: HostNotice): AsyncDisposable {
  let running = clearRemains(backend, onNotice)
  const timer = setInterval(() => {
    running = running.then(() => clearRemains(backend, onNotice))
  }, RECOVERY_EVERY_MS).unref()
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      await running
    },
  }
}

/** Never rejects: what a dead process left must not keep a living one from its work. */
async function clearRemains(backend: FirecrackerBackend, onNotice: HostNotice): Promise<void> {
  try {
    const { failures } = await backend.recover()
    for (const failure of failures) onNotice(messageOf(failure))
  } catch (error) {
    onNotice(`recovery of earlier processes' VMs failed: ${messageOf(error)}`)
  }
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
