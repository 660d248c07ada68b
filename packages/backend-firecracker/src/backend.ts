import {
  type Backend,
  type BackendCapabilities,
  BackendError,
  type ExecuteOptions,
  type FailureReason,
} from '@vulcan/backend'
import type { ShutdownStage } from '@vulcan/firecracker'
import type { NetworkMode, Runtime, WorkloadResult, WorkloadSpec } from '@vulcan/schema'
import { admit } from './admit.ts'
import { boot } from './boot.ts'
import { BootClock } from './boot-clock.ts'
import { CidAllocator } from './cid.ts'
import { isNetworkWithin } from './config.ts'
import { SUPPORTED_RUNTIMES } from './constants.ts'
import { toBackendError } from './failure.ts'
import { Holding } from './lifecycle/holding.ts'
import { Journal, type VmEnd } from './lifecycle/journal.ts'
import { Manifest, releaseHolding } from './lifecycle/manifest.ts'
import { type Recovery, recover } from './lifecycle/recover.ts'
import type { HeldSlot } from './networks.ts'
import { Output } from './output.ts'
import { RunTimeoutError, run } from './run.ts'
import { Steps } from './steps.ts'
import { Timeline } from './timeline.ts'
import { Tracker } from './tracker.ts'
import type { Vm, VmHost, VmNeeds } from './vm.ts'
import { tellFailed, tellStarted } from './vm-watcher.ts'

/** How long running workloads may take to end by themselves at `shutdown`. */
const SHUTDOWN_GRACE_MS = 10_000

/**
 * A VMM that ends by itself also reaps the processes it started; killed, it would leave them to an
 * init that may not.
 */
const END_OF_VM: readonly ShutdownStage[] = [
  { stage: 'terminate', timeoutMs: 2_000 },
  { stage: 'kill', timeoutMs: 10_000 },
]

export interface FirecrackerBackendOptions extends VmHost {
  /** Whose lock proves that the VMs of this backend are in use. */
  readonly ownerId: string
  /** Told what could not be released; it is tried again by the next recovery. */
  readonly onReleaseError: (error: unknown) => void
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

/** Runs each workload in a microVM of its own, through Firecracker's API. */
export class FirecrackerBackend implements Backend {
  readonly #options: FirecrackerBackendOptions
  readonly #cids: CidAllocator
  readonly #tracker: Tracker
  readonly #bootClock = new BootClock()
  /** The networks of VMs that could not be released: each goes after its VM. */
  readonly #stranded = new Map<string, HeldSlot>()
  /** Settles with the latest recovery. */
  #recovered: Promise<unknown> = Promise.resolve()

  constructor(options: FirecrackerBackendOptions) {
    this.#options = options
    this.#cids = new CidAllocator(options.config.cidBase)
    this.#tracker = new Tracker(options.config.maxConcurrentVms)
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
    const vm = this.#open(spec.id, options)
    let end: VmEnd | undefined
    try {
      const output = new Output(spec.outputLimitBytes, options)
      const result = await this.#serve(vm, { ...spec, network }, output)
      end = { reason: result.outcome, exitCode: result.exitCode, error: result.error }
      return result
    } catch (error) {
      if (error instanceof BackendError) {
        end = { reason: error.code, exitCode: null, error: error.message }
      }
      throw error
    } finally {
      void this.#release(vm, end)
    }
  }

  /** Boots a guest with an image of `runtime` and releases it: shows whether the VMM works here. */
  async trialBoot(id: string, runtime: Runtime, signal: AbortSignal): Promise<TrialBoot> {
    const vm = this.#open(id, { signal })
    let end: VmEnd = { reason: 'exited', exitCode: null, error: 'a trial boot' }
    try {
      await this.#boot(vm, { runtime, network: 'none' })
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
      await this.#release(vm, end)
    }
  }

  async cleanup(workloadId: string): Promise<void> {
    await this.#tracker.end(workloadId)
  }

  idle(): Promise<void> {
    return this.#tracker.idle()
  }

  async shutdown(): Promise<void> {
    this.#tracker.close()
    const grace = setTimeout(() => this.#tracker.endAll(), SHUTDOWN_GRACE_MS)
    try {
      await this.#tracker.idle()
    } finally {
      clearTimeout(grace)
    }
    await this.#options.networks[Symbol.asyncDispose]()
  }

  /**
   * Releases what dead owners left, and what could not be released here before. To be called at the
   * start and every now and then; one waits for the other, since what the first one has claimed would
   * look like something that could not be released.
   */
  recover(): Promise<Recovery> {
    const recovery = this.#recovered.then(() => this.#recover())
    this.#recovered = recovery.catch(() => undefined)
    return recovery
  }

  async #recover(): Promise<Recovery> {
    const { layout, ownerId, networks } = this.#options
    const isInUse = ({ kind, id }: Holding) =>
      kind === 'vms' ? this.#tracker.has(id) : networks.has(id)
    const { released, failures } = await recover(layout, ownerId, isInUse)
    const slots = await Promise.allSettled(released.map((id) => this.#releaseStranded(id)))
    const stuck = slots.filter((slot) => slot.status === 'rejected').map(({ reason }) => reason)
    return { released, failures: [...failures, ...stuck] }
  }

  async #releaseStranded(vmId: string): Promise<void> {
    const slot = this.#stranded.get(vmId)
    this.#stranded.delete(vmId)
    await slot?.[Symbol.asyncDispose]()
  }

  /** Boot, run, outcome. What was ended from outside keeps the output that it had. */
  async #serve(vm: Vm, spec: WorkloadSpec & VmNeeds, output: Output): Promise<WorkloadResult> {
    try {
      await this.#boot(vm, spec)
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

  /** Takes a slot for a VM, of which nothing exists yet outside this process. */
  #open(id: string, options: ExecuteOptions): Vm {
    const signal = AbortSignal.any([options.signal, this.#tracker.enter(id)])
    const holding = new Holding(this.#options.layout, 'vms', id, this.#options.ownerId)
    const journal = new Journal(holding)
    const vm: Vm = {
      cid: this.#cids.allocate(),
      holding,
      manifest: new Manifest(holding),
      journal,
      timeline: new Timeline(options, journal, signal),
      signal,
      held: new DisposableStack(),
      udsPath: holding.udsPath,
      opened: false,
      network: undefined,
      process: undefined,
      exit: undefined,
      agent: 'typed',
    }
    this.#options.watcher?.opened()
    return vm
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

  async #boot(vm: Vm, needs: VmNeeds): Promise<void> {
    await admit(this.#options, needs, this.#tracker.size)
    await boot(this.#options, vm, needs, this.#bootClock)
    tellStarted(this.#options, vm)
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

  /** Never rejects: what cannot be released is reported, and stays in its manifest. */
  async #release(vm: Vm, end: VmEnd | undefined): Promise<void> {
    const beganAtMs = performance.now()
    const steps = new Steps(this.#options)
    let result: 'ok' | 'error' = 'ok'
    try {
      if (vm.opened && end !== undefined) vm.journal.ended(end)
    } catch (error) {
      this.#options.onReleaseError(error)
    }
    const { id } = vm.holding
    try {
      const slot = await vm.network?.catch(() => undefined)
      // Last, when the VM is no more in it.
      if (slot !== undefined) this.#stranded.set(id, slot)
      await vm.process?.shutdown(END_OF_VM)
      await releaseHolding(vm.holding, this.#options.layout)
      await this.#releaseStranded(id)
    } catch (error) {
      result = 'error'
      this.#options.onReleaseError(error)
    } finally {
      steps.ended('release')
      this.#options.watcher?.released(result, performance.now() - beganAtMs)
      vm.held.dispose()
      this.#cids.release(vm.cid)
      this.#tracker.leave(id)
    }
  }
}
