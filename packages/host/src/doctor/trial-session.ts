import type { VmmProgram } from '@vulcan/backend-firecracker'
import type { Env } from '@vulcan/schema'
import { Host } from '../host.ts'
import type { KvmFinding } from '../kvm-trial.ts'
import { NoVmmError } from '../preflight.ts'

/** What the opening of a host showed: one that can run workloads, or why there is none. */
export type Trial =
  | { readonly kvm: KvmFinding; readonly host: Host; readonly program: VmmProgram }
  | { readonly kvm: KvmFinding; readonly host: NoVmmError; readonly program: undefined }

/** One host for all checks that need one, since its opening boots a guest. */
export class TrialSession implements AsyncDisposable {
  readonly #env: Env
  readonly #signal: AbortSignal
  #trial: Promise<Trial> | undefined

  constructor(env: Env, signal: AbortSignal) {
    this.#env = env
    this.#signal = signal
  }

  /** Opens the host, once; VMMs that lately did not boot a guest are tried again. */
  trial(): Promise<Trial> {
    this.#trial ??= this.#open()
    return this.#trial
  }

  async #open(): Promise<Trial> {
    // What an earlier process left, and cannot be released, keeps no workload from running.
    const onNotice = () => undefined
    const options = { env: this.#env, signal: this.#signal, onNotice, retryTrials: true }
    const host = await Host.open(options)
    const { microvm } = host
    if (!(microvm instanceof Error)) return { kvm: microvm.kvm, host, program: microvm.program }
    await host[Symbol.asyncDispose]()
    if (microvm instanceof NoVmmError)
      return { kvm: microvm.kvm, host: microvm, program: undefined }
    throw microvm
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Whoever asked for a trial that failed has been told.
    const trial = await this.#trial?.catch(() => undefined)
    if (trial?.host instanceof Host) await trial.host[Symbol.asyncDispose]()
  }
}
