import { setTimeout as delay } from 'node:timers/promises'
import { cpuMs } from '../facts/processes.ts'
import type { Idle } from '../result.ts'
import type { OwnServer } from '../served/own-server.ts'

/** After its last work a server may still write and tidy up. */
const SETTLE_MS = 2_000

/** The processor time of a server's own process while its warm VMs wait and nobody asks. */
export async function measureIdle(
  server: OwnServer,
  seconds: number,
  signal: AbortSignal,
): Promise<Idle> {
  await server.metrics.quiet(signal)
  await delay(SETTLE_MS, undefined, { signal })
  const beforeMs = await cpuMs(server.pid)
  const startedAtMs = performance.now()
  await delay(seconds * 1000, undefined, { signal })
  const elapsedMs = performance.now() - startedAtMs
  return {
    warmVms: server.poolSize,
    seconds: elapsedMs / 1000,
    cpuShare: ((await cpuMs(server.pid)) - beforeMs) / elapsedMs,
  }
}
