import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { NetworkMode } from '@vulcan/schema'
import { catalogue } from './catalogue.ts'
import type { Fault } from './fault.ts'
import { Owners } from './owners.ts'
import { Place } from './place.ts'
import { Census, type Remains } from './remains.ts'
import { type RoundPlan, type RoundReport, runRound, type Stage } from './round.ts'

/** What came of rounds that were run at once: a report for each, in their order. */
export interface RoundsReport {
  readonly reports: readonly RoundReport[]
  readonly remains: Remains
}

const RELEASE =
  /^(remove|rename|make end)|^spawn (vulcan-launch (hold|kill)|.* (DEL|set|delete)|nft|conntrack)$/
const CLAIMS = ['rename VM directory', 'rename slot directory']

/** An owner whose work goes well. */
export const NO_FAULT: Fault = { kind: 'none', which: '', rows: ['exited@ended'] }

/** Runs rounds one after the other. Everything is gone when it is disposed of. */
export class Harness implements AsyncDisposable {
  /** Every fault, by kind. */
  readonly faults: ReadonlyMap<string, readonly Fault[]>
  /** The steps of an owner, in the order in which they come first. */
  readonly steps: readonly string[]
  /** Those that a recovery has too, and the claim, which only recoveries make. */
  readonly recoverySteps: readonly string[]
  readonly #stage: Stage
  readonly #census: Census
  readonly #held: AsyncDisposableStack

  private constructor(
    stage: Stage,
    census: Census,
    steps: readonly string[],
    held: AsyncDisposableStack,
  ) {
    this.#stage = stage
    this.#census = census
    this.#held = held
    this.steps = steps
    this.recoverySteps = [...steps.filter((step) => RELEASE.test(step)), ...CLAIMS]
    this.faults = catalogue(stage.place, steps)
  }

  /** Learns which steps there are from rounds without a fault. Throws where these go wrong. */
  static async open(): Promise<Harness> {
    await using held = new AsyncDisposableStack()
    hideRun()
    const place = held.use(await Place.create())
    const before = process.env['TMPDIR']
    process.env['TMPDIR'] = place.temporaryDir
    held.defer(() => restore('TMPDIR', before))
    const env = { ...process.env, NODE_COMPILE_CACHE: join(place.root, 'compiled') }
    const owners = held.use(new Owners(env))
    let ids = 0
    const nextId = () => `01${(ids++).toString().padStart(24, '0')}`
    const stage = { place, owners, nextId }
    const tryOut = async (network: NetworkMode) => {
      const round = { fault: NO_FAULT, networks: [network], beside: [], readySlots: 0 }
      const { deviations, steps } = await runRound(stage, round)
      if (deviations.length > 0) throw new Error(deviations.join('\n'))
      return steps
    }
    // The first VM makes things that stay: those steps do not come again.
    await tryOut('none')
    const steps = new Set([...(await tryOut('public')), ...(await tryOut('all'))])
    const census = await Census.open(place.layout)
    return new Harness(stage, census, [...steps], held.move())
  }

  /** Runs these rounds at once, in the same directories, and then counts what is left. */
  async run(rounds: readonly RoundPlan[]): Promise<RoundsReport> {
    const reports = await Promise.all(rounds.map((round) => runRound(this.#stage, round)))
    const { place, owners } = this.#stage
    return { reports, remains: await this.#census.count(place.layout, owners.pids) }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#held[Symbol.asyncDispose]()
  }
}

/**
 * Our own `/run`, of which the outer namespace has only parts: where somebody outside removes the
 * directory below one of them, the part is gone.
 */
function hideRun(): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'mode=0755', 'none', '/run'])
  mkdirSync('/run/netns')
}

function restore(variable: string, value: string | undefined): void {
  if (value === undefined) delete process.env[variable]
  else process.env[variable] = value
}

export const NETWORKS: readonly NetworkMode[] = ['none', 'public', 'all']
