import type { ArmName } from '../arms.ts'
import type { Program } from '../programs.ts'
import type { PhaseBegin } from '../result.ts'
import { Caller } from '../served/caller.ts'
import type { Target } from '../served/target.ts'
import { type Adapter, type Answer, UnavailableError } from './adapter.ts'

const WAIT_S = 600
const DEADLINE_MS = (WAIT_S + 10) * 1000
const TIMEOUT_S = 120

/** What a server answers, as far as it is looked at: older ones have no more than that. */
interface Ended {
  readonly status: string
  readonly exit_code: number | null
  readonly output: string | null
  readonly error: string
  readonly duration_ms: number | null
  readonly phases?: readonly { readonly phase: string; readonly at_ms: number }[] | null
}

export interface VulcanServerOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly watch?: RunWatch
}

/** What is to be found out about each run. */
export interface RunWatch {
  /** Before the run is sent, in nobody's time. */
  before(): Promise<void>
  /** Once its answer is here: `durationMs` is the server's own of the workload. */
  after(durationMs: number, signal: AbortSignal): Promise<Readonly<Record<string, number>>>
}

/** Any server that speaks the HTTP API, on one connection that is kept. */
export class VulcanServer implements Adapter {
  readonly arm: ArmName
  readonly #options: VulcanServerOptions
  readonly #caller: Caller

  private constructor(
    arm: ArmName,
    target: Pick<Target, 'url' | 'key'>,
    options: VulcanServerOptions,
  ) {
    this.arm = arm
    this.#options = options
    this.#caller = new Caller(target)
  }

  /** Throws `UnavailableError` when nobody answers there. */
  static async open(
    arm: ArmName,
    target: Pick<Target, 'url' | 'key'>,
    options: VulcanServerOptions = {},
  ): Promise<VulcanServer> {
    const server = new VulcanServer(arm, target, options)
    try {
      await server.#caller.text('/healthz')
      return server
    } catch (cause) {
      server.#caller[Symbol.dispose]()
      throw new UnavailableError(`no server answers at ${target.url}: ${cause}`, { cause })
    }
  }

  async before(): Promise<void> {
    await this.#options.watch?.before()
  }

  async run({ runtime, code }: Program, signal: AbortSignal): Promise<Answer> {
    const { env, watch } = this.#options
    const answer = await this.#caller.call('POST', `/v1/workloads?wait=${WAIT_S}`, {
      body: { runtime, code, env, resources: { timeout_s: TIMEOUT_S } },
      signal,
      deadlineMs: DEADLINE_MS,
    })
    const { status, exit_code, output, error, duration_ms, phases } = answer as Ended
    if (status !== 'completed' || exit_code !== 0) {
      throw new Error(`the workload is ${status}, exit code ${exit_code}: ${error}`)
    }
    return {
      stdout: Buffer.from(output ?? '', 'base64').toString(),
      phases: (phases ?? []).map(({ phase, at_ms }): PhaseBegin => ({ phase, atMs: at_ms })),
      ...(watch && { after: (signal) => watch.after(duration_ms ?? Number.NaN, signal) }),
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#caller[Symbol.dispose]()
  }
}
