import type { Runtime } from '@vulcan/schema'
import { type Adapter, UnavailableError } from '../adapters/adapter.ts'
import { ByHand } from '../adapters/by-hand.ts'
import { openDocker } from '../adapters/docker.ts'
import { OpenVmRuns } from '../adapters/open-vm.ts'
import { openUnshare } from '../adapters/unshare.ts'
import { VulcanServer } from '../adapters/vulcan-server.ts'
import type { ArmName } from '../arms.ts'
import type { GuestFiles } from '../by-hand/guest-files.ts'
import type { Plan } from '../plan.ts'
import type { Series } from '../result.ts'
import type { OwnServer } from '../served/own-server.ts'
import type { Target } from '../served/target.ts'
import { Echoes } from './echoes.ts'
import { interleave } from './interleave.ts'
import { ReleaseWatch } from './release.ts'
import type { WantedInterpreter } from './warm-counts.ts'
import { WarmWatch } from './warm-watch.ts'

/** A variable that an interpreter reads when it starts: one that has started is of no use then. */
const FORCES_FRESH = { LC_MESSAGES: 'C.UTF-8' }

/** A server that says what it does. */
type WatchedServer = Pick<OwnServer, 'url' | 'key' | 'metrics'>

export interface LatencySetup {
  readonly files: GuestFiles
  readonly cold: WatchedServer
  /** Undefined where there is no pool. */
  readonly warm: WatchedServer | undefined
  /** Why there is none. */
  readonly noWarmBecause: string
  /** Another server to be measured beside our own. */
  readonly other: Pick<Target, 'url' | 'key'> | undefined
  readonly signal: AbortSignal
  readonly onProgress: (what: string) => void
}

/** All arms of one runtime in one interleaved run, each arm that is not to be had with the reason. */
export async function measureLatency(
  setup: LatencySetup,
  runtime: Runtime,
  plan: Plan,
): Promise<Series[]> {
  const { cold, warm, signal, onProgress } = setup
  await using held = new AsyncDisposableStack()
  const { adapters, missing } = await openAll(openersOf(setup, runtime), runtime, held)
  const openVm = adapters.find((adapter) => adapter instanceof OpenVmRuns)
  const echoes = openVm && new Echoes(openVm, runtime)
  const measured = await interleave(adapters, {
    plan,
    runtime,
    signal,
    onProgress,
    quiet: async () => {
      await cold.metrics.quiet(signal)
      await warm?.metrics.quiet(signal)
    },
    onRound: async () => echoes?.take(plan.echoes, signal),
  })
  return [...measured, ...(echoes ? [echoes.series] : []), ...missing]
}

type Openers = Partial<Record<ArmName, () => Promise<Adapter>>>

async function openAll(
  openers: Openers,
  runtime: Runtime,
  held: AsyncDisposableStack,
): Promise<{ adapters: Adapter[]; missing: Series[] }> {
  const adapters: Adapter[] = []
  const missing: Series[] = []
  for (const [arm, open] of Object.entries(openers) as [ArmName, () => Promise<Adapter>][]) {
    try {
      adapters.push(held.use(await open()))
    } catch (error) {
      if (!(error instanceof UnavailableError)) throw error
      missing.push({ arm, runtime, samples: [], unavailable: error.message })
    }
  }
  return { adapters, missing }
}

function openersOf(setup: LatencySetup, runtime: Runtime): Openers {
  const { files, cold, warm, other, signal } = setup
  const openWarm = async (
    arm: ArmName,
    interpreter: WantedInterpreter,
    env: Readonly<Record<string, string>> = {},
  ) => {
    if (warm === undefined) throw new UnavailableError(setup.noWarmBecause)
    const watch = new WarmWatch(warm.metrics, interpreter)
    return VulcanServer.open(arm, warm, { env, watch })
  }
  return {
    cold: () => VulcanServer.open('cold', cold, { watch: new ReleaseWatch(cold.metrics) }),
    'by-hand': async () => new ByHand(files),
    'warm-vm': () =>
      runtime === 'go' ? openWarm('warm-vm', 'none') : openWarm('warm-vm', 'fresh', FORCES_FRESH),
    'warm-interpreter': async () => {
      if (runtime === 'go') throw new UnavailableError('Go programs have no interpreter')
      return openWarm('warm-interpreter', 'warm')
    },
    'open-vm': () => OpenVmRuns.open(files, runtime, signal),
    ...(other && { other: () => VulcanServer.open('other', other) }),
    docker: () => openDocker(runtime, signal),
    unshare: () => openUnshare(runtime, signal),
  }
}
