import { type Backend, Registry } from '@vulcan/backend'
import {
  becomeOwner,
  FirecrackerBackend,
  type Layout,
  loadConfig,
  type OwnerLock,
  readBootId,
  recover,
  type VmmProgram,
} from '@vulcan/backend-firecracker'
import type { WorkloadEvent, WorkloadSpec } from '@vulcan/schema'
import { findPlaces } from './places.ts'
import { chooseVmm } from './preflight.ts'
import { type RunReport, reportError, reportResult } from './report.ts'
import { readVmmSetting } from './vmm-choice.ts'

/** What a host tells while it works: for a log or a person, never for a program. */
export type HostNotice = (message: string) => void

export interface OpenHostOptions {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly signal: AbortSignal
  readonly onNotice: HostNotice
  /** Tries VMMs again that lately did not boot a guest. */
  readonly retryTrials?: boolean
}

export interface RunOptions {
  readonly signal: AbortSignal
  readonly onEvent?: (event: WorkloadEvent) => void | Promise<void>
}

/**
 * One Vulcan process with its backend. Opening it clears what dead processes left; closing it waits
 * until everything that its own workloads held is released.
 */
export class Host implements AsyncDisposable {
  readonly vmm: VmmProgram
  readonly #backend: Backend
  readonly #registry = new Registry()
  readonly #owner: OwnerLock
  readonly #recovery: Promise<void>

  private constructor(
    vmm: VmmProgram,
    backend: Backend,
    owner: OwnerLock,
    recovery: Promise<void>,
  ) {
    this.vmm = vmm
    this.#backend = backend
    this.#registry.register(backend)
    this.#owner = owner
    this.#recovery = recovery
  }

  /** Throws `ConfigError`, `OwnerError` or `NoVmmError`. */
  static async open({
    env,
    signal,
    onNotice,
    retryTrials = false,
  }: OpenHostOptions): Promise<Host> {
    const layout = findPlaces(env, process.getuid?.() === 0)
    const config = loadConfig(env, layout.homeDir)
    const setting = readVmmSetting(env)
    await using held = new AsyncDisposableStack()
    const owner = held.use(await becomeOwner(layout))
    const options = {
      layout,
      config,
      ownerId: owner.ownerId,
      bootId: await readBootId(),
      onReleaseError: (error: unknown) => onNotice(messageOf(error)),
    }
    const recovery = clearRemains(layout, owner.ownerId, onNotice)
    held.defer(() => recovery)
    const program = await chooseVmm(options, setting, { signal, retryTrials })
    const backend = new FirecrackerBackend({ ...options, program })
    held.move()
    return new Host(program, backend, owner, recovery)
  }

  /** Runs one workload. Whatever goes wrong is a row of the table of outcomes: never rejects. */
  async run(spec: WorkloadSpec, options: RunOptions): Promise<RunReport> {
    const { name, version, reason, isolationStrength } = this.vmm
    const vmm = { name, version, reason }
    const known = { id: spec.id, runtime: spec.runtime, vmm, isolationStrength }
    const startedAtMs = performance.now()
    try {
      const backend = this.#registry.resolve(spec.isolation, spec.runtime)
      return reportResult(known, await backend.execute(spec, options))
    } catch (error) {
      return reportError(known, error, Math.round(performance.now() - startedAtMs))
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#backend.shutdown()
    await this.#recovery
    await this.#owner[Symbol.asyncDispose]()
  }
}

/** Never rejects: what a dead process left must not keep a living one from its work. */
async function clearRemains(layout: Layout, ownerId: string, onNotice: HostNotice): Promise<void> {
  try {
    const { failures } = await recover(layout, ownerId)
    for (const failure of failures) onNotice(messageOf(failure))
  } catch (error) {
    onNotice(`recovery of earlier processes' VMs failed: ${messageOf(error)}`)
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
