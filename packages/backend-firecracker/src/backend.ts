import {
  type Backend,
  type BackendCapabilities,
  BackendError,
  type ExecuteOptions,
  type FailureReason,
} from '@vulcan/backend'
import type { NetworkMode, Runtime, WorkloadResult, WorkloadSpec } from '@vulcan/schema'
import { isNetworkWithin } from './config.ts'
import { SUPPORTED_RUNTIMES } from './constants.ts'
import { toBackendError } from './failure.ts'
import type { VmEnd } from './lifecycle/journal.ts'
import type { Recovery } from './lifecycle/recover.ts'
import { Output } from './output.ts'
import type { PoolLimits } from './pool/limits.ts'
import { WarmPool } from './pool/pool.ts'
import { RunTimeoutError, run } from './run.ts'
import { Timeline } from './timeline.ts'
import { Tracker } from './tracker.ts'
import type { Vm, VmNeeds } from './vm.ts'
import { tellFailed } from './vm-watcher.ts'
import { Vms, type VmsOptions } from './vms.ts'

/** How long running workloads may take to end by themselves at `shutdown`. */
const SHUTDOWN_GRACE_MS = 10_000

export interface FirecrackerBackendOptions extends VmsOptions {
  /** VMs that are started before workloads come; undefined: none are. */
  readonly pool?: PoolLimits | undefined
}

/** What a VMM, or a guest in it, can be blamed for. */
const VMM_FAILURES: ReadonlySet<FailureReason> = new Set([
  'boot_failed',
  'agent_unreachable',
  'agent_lost',
  'vmm_crashed',
])

/** How the agent begins what it writes to the console before it gives up. */
const AGENTS_WORDS = /^vulcan-guest: /m

/** What a trial showed. `words` say why a guest does not boot; `bootMs` lasts from the first step. */
export interface TrialBoot {
  /** Also where the agent ran and found the image broken, which each workload will say. */
  readonly boots: boolean
  /** False when something other than the VMM kept the agent from being ready. */
  readonly isConclusive: boolean
  readonly words: string
  readonly bootMs: number | null
}

/** One call of `execute`. */
interface Order extends Pick<ExecuteOptions, 'signal' | 'onEvent'> {
  readonly spec: WorkloadSpec & VmNeeds
  readonly output: Output
  /** Of the same clock as `performance.now`. */
  readonly startedAtMs: number
  /** Of the VMs that it had. */
  readonly releases: Promise<void>[]
}

/** Runs each workload in a microVM of its own, through Firecracker's API. */
export class FirecrackerBackend implements Backend {
  readonly #options: FirecrackerBackendOptions
  readonly #tracker: Tracker
  readonly #vms: Vms
  readonly #pool: WarmPool | undefined
  /** Never rejects. */
  #poolClosed: Promise<void> | undefined

  constructor(options: FirecrackerBackendOptions) {
    this.#options = options
    this.#tracker = new Tracker(options.config.maxConcurrentVms)
    this.#vms = new Vms(options)
    this.#pool = options.pool && this.#openPool(options.pool)
  }

  capabilities(): BackendCapabilities {
    return {
      name: 'firecracker',
      supportedRuntimes: SUPPORTED_RUNTIMES,
      supportedIsolations: ['microvm'],
      maxConcurrency: this.#options.config.maxConcurrentVms,
      isolationStrength: this.#options.program.isolationStrength,
    }
  }

  async execute(spec: WorkloadSpec, options: ExecuteOptions): Promise<WorkloadResult> {
    const network = this.#network(spec)
    const order: Order = {
      ...options,
      spec: { ...spec, network },
      signal: AbortSignal.any([options.signal, this.#tracker.enter(spec.id)]),
      output: new Output(spec.outputLimitBytes, options),
      startedAtMs: performance.now(),
      releases: [],
    }
    try {
      return (await this.#inWaitingVm(order)) ?? (await this.#inNewVm(order))
    } finally {
      void this.#leave(order)
    }
  }

  /** Boots a guest with an image of `runtime` and releases it: shows whether the VMM works here. */
  async trialBoot(id: string, runtime: Runtime, signal: AbortSignal): Promise<TrialBoot> {
    const vm = this.#vms.open(id, { signal })
    let end: VmEnd = { reason: 'exited', exitCode: null, error: 'a trial boot' }
    try {
      await this.#vms.boot(vm, { runtime, network: 'none' })
      return { boots: true, isConclusive: true, words: '', bootMs: vm.timeline.elapsedMs() }
    } catch (cause) {
      const { code, message, consoleTail } = await toBackendError(cause, vm)
      tellFailed(this.#options, vm, code)
      end = { reason: code, exitCode: null, error: `a trial boot: ${message}` }
      if (AGENTS_WORDS.test(consoleTail)) {
        const bootMs = vm.timeline.elapsedMs()
        return { boots: true, isConclusive: false, words: message, bootMs }
      }
      return { boots: false, isConclusive: VMM_FAILURES.has(code), words: message, bootMs: null }
    } finally {
      await this.#vms.release(vm, end)
    }
  }

  async cleanup(workloadId: string): Promise<void> {
    await this.#tracker.end(workloadId)
  }

  idle(): Promise<void> {
    return this.#tracker.idle()
  }

  /** Starts nothing ahead any more, and begins to release what waits: for a host that drains. */
  closePool(): void {
    this.#poolClosed ??= this.#pool?.[Symbol.asyncDispose]()
  }

  async shutdown(): Promise<void> {
    this.#tracker.close()
    this.closePool()
    const grace = setTimeout(() => this.#tracker.endAll(), SHUTDOWN_GRACE_MS)
    try {
      await Promise.all([this.#poolClosed, this.#tracker.idle()])
    } finally {
      clearTimeout(grace)
    }
    await this.#options.networks[Symbol.asyncDispose]()
  }

  /**
   * Releases what dead owners left, and what could not be released here before. To be called at the
   * start and every now and then.
   */
  recover(): Promise<Recovery> {
    return this.#vms.recover()
  }

  #openPool(limits: PoolLimits): WarmPool {
    return new WarmPool({
      host: this.#options,
      vms: this.#vms,
      limits,
      runtimes: SUPPORTED_RUNTIMES,
      atWork: () => this.#tracker.size,
      onProblem: this.#options.onReleaseError,
    })
  }

  /**
   * In one that was started before. Undefined where there is none, or where it turns out to be dead
   * before anything of the program was done in it: a new one can still do it all.
   */
  async #inWaitingVm(order: Order): Promise<WorkloadResult | undefined> {
    const vm = await this.#pool?.take(order.spec, order.signal)
    if (vm === undefined) return undefined
    vm.signal = order.signal
    vm.timeline = new Timeline(order, vm.journal, order.startedAtMs)
    const durationMs = vm.timeline.elapsedMs()
    this.#options.watcher?.started({ mode: 'warm', durationMs, phases: [] })
    try {
      return await this.#have(vm, order, async () => vm.journal.assigned(order.spec.id))
    } catch (error) {
      const hasBegun = vm.timeline.current !== 'request' || order.output.hasAny
      if (hasBegun || isOfRequest(error)) throw error
      this.#pool?.tellLost(order.spec, error)
      return undefined
    }
  }

  async #inNewVm(order: Order): Promise<WorkloadResult> {
    const { spec } = order
    const vm = this.#vms.open(spec.id, order)
    const makeRoom = async () => (await this.#pool?.giveUpOne()) ?? false
    return this.#have(vm, order, () => this.#vms.boot(vm, spec, makeRoom))
  }

  /** Makes the VM ready, runs the workload in it, and begins to release it. */
  async #have(vm: Vm, order: Order, makeReady: () => Promise<void>): Promise<WorkloadResult> {
    let end: VmEnd | undefined
    try {
      const result = await this.#serve(vm, order, makeReady)
      end = { reason: result.outcome, exitCode: result.exitCode, error: result.error }
      return result
    } catch (error) {
      if (error instanceof BackendError) {
        end = { reason: error.code, exitCode: null, error: error.message }
      }
      throw error
    } finally {
      order.releases.push(this.#vms.release(vm, end))
    }
  }

  /** Ready, run, outcome. What was ended from outside keeps the output that it had. */
  async #serve(
    vm: Vm,
    { spec, output }: Order,
    makeReady: () => Promise<void>,
  ): Promise<WorkloadResult> {
    try {
      await makeReady()
      const response = await run(this.#options, vm, spec, output)
      await vm.timeline.enter('ended')
      const { reason, exitCode, error, truncated } = response
      if (reason === 'invalid_request' || reason === 'unsupported_runtime') {
        throw new BackendError(reason, error, { phase: 'request' })
      }
      return this.#result(vm, output, { outcome: reason, exitCode, error, truncated })
    } catch (error) {
      if (vm.signal.aborted) return this.#result(vm, output, { outcome: 'killed', error: 'killed' })
      if (error instanceof RunTimeoutError) {
        return this.#result(vm, output, {
          outcome: 'timeout',
          error: `timeout after ${spec.timeoutS}s`,
        })
      }
      const failure = await toBackendError(error, vm)
      tellFailed(this.#options, vm, failure.code)
      throw failure
    }
  }

  /** When all is released, there is room for others. */
  async #leave({ spec, releases }: Order): Promise<void> {
    await Promise.all(releases)
    this.#tracker.leave(spec.id)
    this.#pool?.refill()
  }

  /** What the workload asks for, or the default. Throws `BackendError` `invalid_request`. */
  #network({ network = this.#options.config.networkDefault }: WorkloadSpec): NetworkMode {
    const { networkMax } = this.#options.config
    if (isNetworkWithin(network, networkMax)) return network
    throw new BackendError(
      'invalid_request',
      `network: "${network}" is more than this host gives, which is "${networkMax}" (VULCAN_FC_NETWORK_MAX)`,
    )
  }

  #result(
    vm: Vm,
    output: Output,
    end: Pick<WorkloadResult, 'outcome' | 'error'> &
      Partial<Pick<WorkloadResult, 'exitCode' | 'truncated'>>,
  ): WorkloadResult {
    const { name, version, reason, isolationStrength } = this.#options.program
    return {
      exitCode: null,
      truncated: { stdout: false, stderr: false },
      ...end,
      stdout: output.collected('stdout'),
      stderr: output.collected('stderr'),
      durationMs: vm.timeline.elapsedMs(),
      phases: vm.timeline.phases,
      vmm: { name, version, reason },
      isolationStrength,
    }
  }
}

/** Another VM would say the same. */
function isOfRequest(error: unknown): boolean {
  return (
    error instanceof BackendError &&
    (error.code === 'invalid_request' || error.code === 'unsupported_runtime')
  )
}
