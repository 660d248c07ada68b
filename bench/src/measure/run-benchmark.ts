import { messageOf, type Runtime } from '@vulcan/schema'
import { UnavailableError } from '../adapters/adapter.ts'
import { ByHand } from '../adapters/by-hand.ts'
import { VulcanServer } from '../adapters/vulcan-server.ts'
import type { ArmName } from '../arms.ts'
import type { GuestFiles } from '../by-hand/guest-files.ts'
import { findGuest } from '../facts/guest.ts'
import { loadNow, machineFacts } from '../facts/machine-facts.ts'
import type { Plan } from '../plan.ts'
import { makeOwnPlace } from '../served/own-place.ts'
import type { OwnServer } from '../served/own-server.ts'
import type { Target } from '../served/target.ts'
import { type Callers, measureAtOnce } from './at-once.ts'
import { measureIdle } from './idle.ts'
import { measureLatency } from './latency.ts'
import { MeasuredServers } from './measured-servers.ts'
import { Recorder } from './recorder.ts'
import { measureColdCosts, measureWarmCosts } from './vm-costs.ts'
import { readWarmCounts, whyNotWarm } from './warm-counts.ts'

/** Warm VMs while one program runs after the other: the one that it gets, and one that is ready. */
const LATENCY_POOL_SIZE = 2

export interface BenchmarkSetup {
  readonly homeDir: string
  readonly libexecDir: string
  /** Where the raw result goes. */
  readonly rawDir: string
  readonly other: Pick<Target, 'url' | 'key'> | undefined
  readonly onProgress: (what: string) => void
}

interface Measuring {
  readonly setup: BenchmarkSetup
  readonly plan: Plan
  readonly files: GuestFiles
  readonly servers: MeasuredServers
  readonly cold: OwnServer
  readonly recorder: Recorder
  readonly signal: AbortSignal
}

/** Measures everything; resolves with what was recorded. Throws when no program runs here. */
export async function runBenchmark(
  setup: BenchmarkSetup,
  plan: Plan,
  signal: AbortSignal,
): Promise<Recorder> {
  const { homeDir, libexecDir, rawDir, onProgress } = setup
  // A trial boot is work of our own.
  const loadAtStart = loadNow()
  await using first = await makeOwnPlace(homeDir)
  onProgress('what runs here')
  const guest = await findGuest(first.env, signal)
  // Its links are what the servers have, too, wherever they lead.
  const files = { homeDir: first.homeDir, libexecDir, guest }
  const recorder = new Recorder(rawDir, plan, await machineFacts(guest, loadAtStart))
  const servers = new MeasuredServers(files, first, signal)
  await using cold = await servers.startCold()
  const measuring = { setup, plan, files, servers, cold, recorder, signal }
  for (const runtime of plan.runtimes) {
    await using warm = await startWarm(measuring, runtime, LATENCY_POOL_SIZE)
    await measureOneByOne(measuring, runtime, warm)
  }
  for (const runtime of plan.atOnce.runtimes) {
    await using warm = await startWarm(measuring, runtime, plan.poolSize)
    await measureMany(measuring, runtime, warm)
  }
  return recorder
}

/** A server with warm VMs, or why there is none. */
interface Warm extends AsyncDisposable {
  readonly server: OwnServer | undefined
  readonly because: string
}

async function startWarm(
  { servers, setup, signal }: Measuring,
  runtime: Runtime,
  poolSize: number,
): Promise<Warm> {
  setup.onProgress(`${runtime}: ${poolSize} warm VMs`)
  try {
    const server = await servers.startWarm(runtime, poolSize)
    return { server, because: '', [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
  } catch (error) {
    signal.throwIfAborted()
    const because = messageOf(error)
    return { server: undefined, because, [Symbol.asyncDispose]: async () => undefined }
  }
}

async function measureOneByOne(
  measuring: Measuring,
  runtime: Runtime,
  { server: warm, because }: Warm,
): Promise<void> {
  const { setup, plan, files, cold, recorder, signal } = measuring
  await part(measuring, `one by one, ${runtime}`, async () => {
    const { other, onProgress } = setup
    const latency = { files, cold, warm, noWarmBecause: because, other, signal, onProgress }
    await recorder.latency(await measureLatency(latency, runtime, plan))
  })
  const options = { plan: plan.costs, runtime, signal }
  await part(measuring, `what a VM costs, ${runtime}`, async () => {
    await recorder.costs(await measureColdCosts(cold, options))
  })
  await part(measuring, `what a warm VM costs, ${runtime}`, async () => {
    if (warm === undefined) throw new UnavailableError(because)
    await recorder.costs(await measureWarmCosts(warm, options))
  })
}

async function measureMany(
  measuring: Measuring,
  runtime: Runtime,
  { server: warm, because }: Warm,
): Promise<void> {
  const { plan, files, cold, recorder, signal } = measuring
  if (warm === undefined) {
    await recorder.missing(`a burst on warm VMs, ${runtime}`, because)
  } else if (recorder.result.idle === null) {
    await part(measuring, `idle with ${plan.poolSize} warm VMs`, async () => {
      await recorder.idle(await measureIdle(warm, plan.idleSeconds, signal))
    })
  }
  await part(measuring, `${plan.atOnce.levels.join(', ')} at once, ${runtime}`, async () => {
    const arms: Callers[] = [
      serverCallers('cold', cold),
      { arm: 'by-hand', open: async () => new ByHand(files) },
      ...(warm === undefined ? [] : [warmCallers(runtime, warm)]),
    ]
    const quiet = async () => {
      await cold.metrics.quiet(signal)
      await warm?.metrics.quiet(signal)
    }
    const options = { plan: plan.atOnce, runtime, signal, quiet }
    await recorder.atOnce(await measureAtOnce(arms, options))
  })
}

/** What fails is missing in the result, with the reason; the rest goes on. */
async function part(
  { setup, recorder, signal }: Measuring,
  what: string,
  measure: () => Promise<void>,
): Promise<void> {
  setup.onProgress(what)
  try {
    await measure()
  } catch (error) {
    signal.throwIfAborted()
    await recorder.missing(what, messageOf(error))
  }
}

function serverCallers(arm: ArmName, server: OwnServer): Callers {
  return { arm, open: () => VulcanServer.open(arm, server) }
}

function warmCallers(runtime: Runtime, server: OwnServer): Callers {
  const { metrics } = server
  return {
    ...serverCallers(runtime === 'go' ? 'warm-vm' : 'warm-interpreter', server),
    watch: async () => {
      const before = await readWarmCounts(metrics)
      const wanted = runtime === 'go' ? 'none' : 'warm'
      return async (runs) => whyNotWarm(before, await readWarmCounts(metrics), wanted, runs)
    },
  }
}
