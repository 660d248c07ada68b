import type { NetworkMode, Runtime } from '@vulcan/schema'
import type { FirecrackerConfig } from '../config.ts'
import type { VmNeeds } from '../vm.ts'

/** What a VM in a pool is: workloads that need exactly this can have it. */
export interface Shape {
  readonly runtime: Runtime
  readonly cpus: number
  readonly memMib: number
  readonly network: NetworkMode
}

/** The shape of the VM that a workload needs here. */
export function shapeOf(
  { runtime, cpus, memMib, network }: VmNeeds,
  config: Pick<FirecrackerConfig, 'defaultVcpus' | 'defaultMemMib'>,
): Shape {
  return {
    runtime,
    cpus: cpus ?? config.defaultVcpus,
    memMib: memMib ?? config.defaultMemMib,
    network,
  }
}

/** The same for equal shapes, and only for them. */
export function keyOf({ runtime, cpus, memMib, network }: Shape): string {
  return [runtime, cpus, memMib, network].join(' ')
}
