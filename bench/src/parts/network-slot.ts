import { Network, type NetworkResource, releaseNetworkResource, SlotPool } from '@vulcan/network'
import { HEADER, row, summarize } from '../statistics.ts'
import { timed } from '../timed.ts'

const READY = 2
const DEADLINE_MS = 60_000

interface MadeSlot extends AsyncDisposable {
  readonly madeMs: number
}

/** How long a slot takes to make and to release, and how long one that is ready takes to be had. */
export async function benchNetworkSlot(runs: number, signal: AbortSignal): Promise<object> {
  const network = await Network.open({
    cniConfigDir: '/etc/cni/conf.d',
    cniBinDirs: ['/opt/cni/bin', '/usr/lib/cni'],
  })
  const makeMs: number[] = []
  const releaseMs: number[] = []
  const takeMs: number[] = []
  for (let run = 0; run < runs; run += 1) {
    signal.throwIfAborted()
    const slot = await makeSlot(network)
    makeMs.push(slot.madeMs)
    releaseMs.push(await timed(() => slot[Symbol.asyncDispose]()))
  }
  for (let run = 0; run < runs; run += 1) {
    signal.throwIfAborted()
    takeMs.push(await takeReady(network))
  }
  console.log(HEADER)
  console.log(row('make a slot', summarize(makeMs), 'ms'))
  console.log(row('release it', summarize(releaseMs), 'ms'))
  console.log(row('take one that is ready', summarize(takeMs), 'ms'))
  return { name: 'network-slot', makeMs, releaseMs, takeMs }
}

let made = 0

async function makeSlot(network: Network): Promise<MadeSlot> {
  made += 1
  const name = `vulcan-bench-${process.pid}-${made}`
  const resources = new Map<string, NetworkResource>()
  const madeMs = await timed(() =>
    network.makeSlot({
      name,
      containerId: name,
      policy: 'public',
      record: (resource) => resources.set(resource.kind, resource),
      signal: AbortSignal.timeout(DEADLINE_MS),
    }),
  )
  return {
    madeMs,
    [Symbol.asyncDispose]: async () => {
      for (const resource of [...resources.values()].reverse()) {
        await releaseNetworkResource(resource)
      }
    },
  }
}

async function takeReady(network: Network): Promise<number> {
  const full = Promise.withResolvers<void>()
  let ready = 0
  await using pool = new SlotPool<MadeSlot>({
    ready: READY,
    make: async () => {
      const slot = await makeSlot(network)
      ready += 1
      if (ready === READY) setImmediate(full.resolve)
      return slot
    },
    onRefillError: full.reject,
  })
  await full.promise
  const startedAtMs = performance.now()
  await using _slot = await pool.take('public', AbortSignal.timeout(DEADLINE_MS))
  return performance.now() - startedAtMs
}
