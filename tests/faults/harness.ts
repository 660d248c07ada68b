import { join } from 'node:path'
import type { NetworkMode } from '@vulcan/schema'
import { catalogue } from './catalogue.ts'
import type { Fault } from './fault.ts'
import { Owners } from './owners.ts'
import { Place } from './place.ts'
import { Census } from './remains.ts'
import { type RoundPlan, type RoundReport, runRound, type Stage } from './round.ts'

const RELEASE =
  /^(remove|rename|make end)|^spawn (vulcan-launch (hold|kill)|.* (DEL|set|delete)|nft|conntrack)$/
const CLAIMS = ['rename VM directory', 'rename slot directory']

const NO_FAULT: Fault = { kind: 'none', which: '', rows: ['exited@ended'] }

/** Runs rounds one after the other. Everything is gone when it is disposed of. */
export class Harness implements AsyncDisposable {
  /** Every fault, by kind. */
  readonly faults: ReadonlyMap<string, readonly Fault[]>
  /** The steps of an owner, in the order in which they come first. */
  readonly steps: readonly string[]
  /** Those that a recovery has too, and the claim, which only recoveries make. */
  readonly recoverySteps: readonly string[]
  readonly #stage: Stage
  readonly #held: AsyncDisposableStack

  private constructor(stage: Stage, steps: readonly string[], held: AsyncDisposableStack) {
    this.#stage = stage
    this.#held = held
    this.steps = steps
    this.recoverySteps = [...steps.filter((step) => RELEASE.test(step)), ...CLAIMS]
    this.faults = catalogue(stage.place, steps)
  }

  /** Learns which steps there are from rounds without a fault. Throws where these go wrong. */
  static async open(): Promise<Harness> {
    await using held = new AsyncDisposableStack()
    const place = held.use(await Place.create())
    const before = process.env['TMPDIR']
    process.env['TMPDIR'] = place.temporaryDir
    held.defer(() => restore('TMPDIR', before))
    const env = { ...process.env, NODE_COMPILE_CACHE: join(place.root, 'compiled') }
    const owners = held.use(new Owners(env))
    let ids = 0
    const nextId = () => `01${(ids++).toString().padStart(24, '0')}`
    const stage = { place, owners, nextId }
    const steps = new Set<string>()
    for (const network of ['public', 'all', 'none'] as const) {
      const round = { fault: NO_FAULT, networks: [network], beside: [], readySlots: 0 }
      const report = await runRound({ ...stage, census: undefined }, round)
      if (report.deviations.length > 0) throw new Error(report.deviations.join('\n'))
      for (const step of report.steps) steps.add(step)
    }
    const census = await Census.open(place.layout)
    return new Harness({ ...stage, census }, [...steps], held.move())
  }

  run(round: RoundPlan): Promise<RoundReport> {
    return runRound(this.#stage, round)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#held[Symbol.asyncDispose]()
  }
}

function restore(variable: string, value: string | undefined): void {
  if (value === undefined) delete process.env[variable]
  else process.env[variable] = value
}

export const NETWORKS: readonly NetworkMode[] = ['none', 'public', 'all']
