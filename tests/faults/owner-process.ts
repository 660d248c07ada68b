import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Outcome, OwnerCommand, OwnerMessage, OwnerPlan, OwnerReport } from './plan.ts'

const PROGRAM = join(import.meta.dirname, 'owner.ts')

/** How an owner's plan ended: with its report, or with the owner's death. */
export interface OwnerEnd {
  readonly report: OwnerReport | undefined
  /** The outcomes that it told, the latest of which may be missing after its death. */
  readonly outcomes: readonly Outcome[]
  /** The workloads that were announced, with the last phase of each. */
  readonly phases: ReadonlyMap<string, string>
  readonly failures: readonly string[]
  readonly triggered: boolean
}

/** An owner in a process of its own; good for any number of plans until it dies. */
export class OwnerProcess implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #ready: Promise<unknown>
  readonly #exited: Promise<unknown>
  readonly #failures: string[] = []
  #onMessage: (message: OwnerMessage) => void = () => undefined

  constructor(env: NodeJS.ProcessEnv) {
    this.#child = fork(PROGRAM, { env, serialization: 'advanced' })
    this.#exited = once(this.#child, 'exit')
    this.#ready = once(this.#child, 'message')
    this.#ready.catch(() => undefined)
    this.#child.on('message', (message: OwnerMessage) => {
      if (message.type === 'failed') this.#failures.push(message.words)
      this.#onMessage(message)
    })
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  get isAlive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  kill(): void {
    this.#child.kill('SIGKILL')
  }

  /** Runs a plan to its end; `onPhase` is told of each phase of each workload. */
  async run(
    plan: OwnerPlan,
    deadlineMs: number,
    onPhase: (id: string, phase: string) => void = () => undefined,
  ): Promise<OwnerEnd> {
    const phases = new Map<string, string>()
    const outcomes: Outcome[] = []
    const { promise, resolve } = Promise.withResolvers<OwnerReport | undefined>()
    const late = setTimeout(() => {
      this.#failures.push(`the plan had not ended after ${deadlineMs} ms`)
      this.kill()
    }, deadlineMs)
    this.#onMessage = (message) => {
      if (message.type === 'phase') {
        phases.set(message.id, message.phase)
        onPhase(message.id, message.phase)
      }
      if (message.type === 'outcome') outcomes.push(message.outcome)
      if (message.type === 'report') resolve(message.report)
      if (message.type === 'failed') this.kill()
    }
    await this.#ready
    this.#send({ type: 'run', plan })
    const report = await Promise.race([promise, this.#exited.then(() => undefined)])
    clearTimeout(late)
    const failures = this.#failures.splice(0)
    return { report, outcomes, phases, failures, triggered: existsSync(plan.triggeredPath) }
  }

  /** Lets it recover what others left, while its workloads go on. Resolves to the failures. */
  async recover(): Promise<readonly string[]> {
    const { promise, resolve } = Promise.withResolvers<readonly string[]>()
    const before = this.#onMessage
    this.#onMessage = (message) => {
      if (message.type === 'recovered') resolve(message.failures)
      before(message)
    }
    this.#send({ type: 'recover' })
    return Promise.race([promise, this.#exited.then(() => [])])
  }

  #send(command: OwnerCommand): void {
    // One that died meanwhile is noticed by its exit.
    if (this.isAlive) this.#child.send(command, () => undefined)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.kill()
    await this.#exited
  }
}
