import { mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { MachineFacts } from '../facts/machine-facts.ts'
import type { Plan } from '../plan.ts'
import type { Burst, Idle, Missing, Result, Series, VmCost } from '../result.ts'

/** What was measured so far, on the disk after each part: a long run that ends early has something. */
export class Recorder {
  readonly path: string
  readonly #startedAt = new Date().toISOString()
  readonly #plan: Plan
  readonly #machine: MachineFacts
  readonly #series: Series[] = []
  readonly #bursts: Burst[] = []
  readonly #costs: VmCost[] = []
  readonly #missing: Missing[] = []
  #idle: Idle | null = null

  constructor(directory: string, plan: Plan, machine: MachineFacts) {
    this.#plan = plan
    this.#machine = machine
    this.path = join(directory, `${plan.name}-${this.#startedAt.replaceAll(':', '')}.json`)
  }

  get result(): Result {
    return {
      format: 1,
      plan: this.#plan,
      startedAt: this.#startedAt,
      endedAt: new Date().toISOString(),
      machine: this.#machine,
      series: this.#series,
      bursts: this.#bursts,
      costs: this.#costs,
      idle: this.#idle,
      missing: this.#missing,
    }
  }

  async latency(series: readonly Series[]): Promise<void> {
    this.#series.push(...series)
    await this.#save()
  }

  async atOnce(bursts: readonly Burst[]): Promise<void> {
    this.#bursts.push(...bursts)
    await this.#save()
  }

  async costs(costs: readonly VmCost[]): Promise<void> {
    this.#costs.push(...costs)
    await this.#save()
  }

  async idle(idle: Idle): Promise<void> {
    this.#idle = idle
    await this.#save()
  }

  async missing(what: string, because: string): Promise<void> {
    this.#missing.push({ what, because })
    await this.#save()
  }

  /** Whoever reads it meanwhile finds a whole one. */
  async #save(): Promise<void> {
    await mkdir(join(this.path, '..'), { recursive: true })
    const unfinished = `${this.path}.part`
    await writeFile(unfinished, JSON.stringify(this.result))
    await rename(unfinished, this.path)
  }
}
