import { setTimeout as delay } from 'node:timers/promises'
import { ApiError, Vulcan } from '@vulcan/client'
import type { Runtime } from '@vulcan/schema'
import { childTrees, cpuMs, nameOf, pssMib } from '../facts/processes.ts'
import type { Plan } from '../plan.ts'
import { waiting } from '../programs.ts'
import type { VmCost } from '../result.ts'
import type { OwnServer } from '../served/own-server.ts'

const PROGRAM_S = 3600
/** What runs a guest. */
const VMM = /^(qemu-system|firecracker)/

interface CostOptions {
  readonly plan: Plan['costs']
  readonly runtime: Runtime
  readonly signal: AbortSignal
}

/** What a VM costs that was started for a program, when that runs and does nothing. */
export async function measureColdCosts(
  server: OwnServer,
  { plan, runtime, signal }: CostOptions,
): Promise<VmCost[]> {
  const vulcan = new Vulcan({ url: server.url })
  const costs: VmCost[] = []
  for (let vm = 0; vm < plan.vms; vm += 1) {
    await server.metrics.quiet(signal)
    const { code } = waiting(runtime, PROGRAM_S)
    const { id } = await vulcan.submit({ runtime, code, timeoutS: PROGRAM_S }, { signal })
    try {
      await untilOutput(vulcan, id, signal)
      costs.push(...(await costsOf(server, { plan, runtime, signal }, 'cold')))
    } finally {
      await end(vulcan, id)
    }
  }
  await server.metrics.quiet(signal)
  return costs
}

/** What each warm VM costs that waits in a server's pool. */
export async function measureWarmCosts(server: OwnServer, options: CostOptions): Promise<VmCost[]> {
  await server.metrics.quiet(options.signal)
  return costsOf(server, options, 'warm')
}

/** A workload that has ended by itself is no error here: what waited for it says why. */
async function end(vulcan: Vulcan, id: string): Promise<void> {
  try {
    await vulcan.kill(id)
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 'workload_ended') throw error
  }
}

async function untilOutput(vulcan: Vulcan, id: string, signal: AbortSignal): Promise<void> {
  for await (const event of vulcan.logs(id, { signal })) {
    if (event.type === 'output') return
    if (event.type === 'done') {
      const { reason, error } = event.workload
      throw new Error(`the workload ended before it wrote anything: ${reason}: ${error}`)
    }
  }
  throw new Error('the log of the workload ended before it wrote anything')
}

/** Of each VM of a server. */
async function costsOf(
  { pid }: OwnServer,
  { plan, runtime, signal }: CostOptions,
  kind: VmCost['kind'],
): Promise<VmCost[]> {
  const trees = await vmTrees(pid)
  const before = await Promise.all(trees.map((tree) => sum(tree, cpuMs)))
  const startedAtMs = performance.now()
  await delay(plan.seconds * 1000, undefined, { signal })
  const elapsedMs = performance.now() - startedAtMs
  const costs = await Promise.all(
    trees.map(async (tree, at): Promise<VmCost> => {
      const usedMs = before[at] ?? Number.NaN
      return {
        kind,
        runtime,
        pssMib: await sum(tree, pssMib),
        cpuMs: usedMs,
        idleCpuShare: ((await sum(tree, cpuMs)) - usedMs) / elapsedMs,
      }
    }),
  )
  return costs.filter((cost) => Number.isFinite(cost.pssMib) && Number.isFinite(cost.idleCpuShare))
}

/** The processes of each VM: a server has others, too. */
async function vmTrees(pid: number): Promise<number[][]> {
  const trees = await childTrees(pid)
  const names = await Promise.all(trees.map((tree) => Promise.all(tree.map(nameOf))))
  return trees.filter((_, at) => names[at]?.some((name) => name !== undefined && VMM.test(name)))
}

async function sum(
  pids: readonly number[],
  figure: (pid: number) => Promise<number>,
): Promise<number> {
  const figures = await Promise.all(pids.map(figure))
  return figures.reduce((total, value) => total + value, 0)
}
