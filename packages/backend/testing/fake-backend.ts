import { setImmediate as turn } from 'node:timers/promises'
import type { OutputStream, Phase, WorkloadResult, WorkloadSpec } from '@vulcan/schema'
import type { Backend, BackendCapabilities, ExecuteOptions } from '../src/backend.ts'
import { BackendError, type FailureReason } from '../src/errors.ts'

/** One workload in the fake backend, which goes on when the test says so. */
export class Execution {
  readonly spec: WorkloadSpec
  readonly options: ExecuteOptions
  readonly answer = Promise.withResolvers<WorkloadResult>()
  /** Whether it ends when it is told to: most do. */
  readonly #heeds: boolean
  #seq = 0

  constructor(spec: WorkloadSpec, options: ExecuteOptions, heeds: boolean) {
    this.spec = spec
    this.options = options
    this.#heeds = heeds
    // As a VM fails in the middle of whatever awaits it.
    this.answer.promise.catch(() => undefined)
    options.signal.addEventListener('abort', () => this.#onAbort(), { once: true })
    if (options.signal.aborted) this.#onAbort()
  }

  async phase(phase: Phase): Promise<void> {
    await this.options.onEvent?.({ type: 'phase', phase, atMs: 1 })
  }

  async write(data: string | Uint8Array, stream: OutputStream = 'stdout'): Promise<void> {
    const bytes = typeof data === 'string' ? Buffer.from(data) : Buffer.copyBytesFrom(data)
    const seq = this.#seq
    this.#seq += 1
    await this.options.onEvent?.({ type: 'output', stream, seq, bytes })
    // Whose bytes they were may use their memory again.
    bytes.fill(0)
  }

  exit(exitCode = 0): void {
    this.end({ outcome: 'exited', exitCode })
  }

  end(part: Partial<WorkloadResult>): void {
    this.answer.resolve({
      outcome: 'exited',
      exitCode: null,
      stdout: new Uint8Array(),
      stderr: new Uint8Array(),
      truncated: { stdout: false, stderr: false },
      error: '',
      durationMs: 1,
      phases: [],
      vmm: { name: 'firecracker', version: '1', reason: 'a fake' },
      isolationStrength: 'emulated',
      ...part,
    })
  }

  fail(reason: FailureReason, message = 'it failed'): void {
    this.answer.reject(new BackendError(reason, message))
  }

  #onAbort(): void {
    if (this.#heeds) this.end({ outcome: 'killed', error: 'killed' })
  }
}

/** A backend without VMs that keeps its contract: what it was given, it holds until `cleanup`. */
export class FakeBackend implements Backend {
  maxConcurrency: number
  /** Whether workloads end when they are aborted. */
  heedsAborts = true
  /** Every workload that it was ever given. */
  readonly executions: Execution[] = []
  readonly held = new Set<string>()
  /** While this waits, so does every release. */
  releases: Promise<void> = Promise.resolve()
  #started = Promise.withResolvers<void>()

  constructor(maxConcurrency = 10) {
    this.maxConcurrency = maxConcurrency
  }

  capabilities(): BackendCapabilities {
    return {
      name: 'fake',
      supportedRuntimes: ['node', 'python'],
      supportedIsolations: ['microvm'],
      maxConcurrency: this.maxConcurrency,
      isolationStrength: 'emulated',
    }
  }

  async execute(spec: WorkloadSpec, options: ExecuteOptions): Promise<WorkloadResult> {
    if (this.held.has(spec.id)) throw new BackendError('invalid_request', 'this id is in use')
    if (this.held.size >= this.maxConcurrency) throw new BackendError('no_capacity', 'full')
    this.held.add(spec.id)
    const execution = new Execution(spec, options, this.heedsAborts)
    this.executions.push(execution)
    this.#started.resolve()
    this.#started = Promise.withResolvers()
    return execution.answer.promise
  }

  /** The execution of a workload, as soon as there is one. */
  async execution(id: string): Promise<Execution> {
    for (;;) {
      const found = this.executions.find(({ spec }) => spec.id === id)
      if (found !== undefined) return found
      await this.#started.promise
    }
  }

  /** The nth execution of all, from 0, as soon as there is one. */
  async nth(at: number): Promise<Execution> {
    for (;;) {
      const found = this.executions[at]
      if (found !== undefined) return found
      await this.#started.promise
    }
  }

  async cleanup(workloadId: string): Promise<void> {
    await this.releases
    const execution = this.executions.find(({ spec }) => spec.id === workloadId)
    await execution?.answer.promise.catch(() => undefined)
    await turn()
    this.held.delete(workloadId)
  }

  async idle(): Promise<void> {
    await Promise.all([...this.held].map((id) => this.cleanup(id)))
  }

  async shutdown(): Promise<void> {
    await this.idle()
  }
}
