import { listHostVms } from '@vulcan/host'
import type { Command } from 'commander'
import { formatTable } from './table.ts'

type ActiveVm = Awaited<ReturnType<typeof listHostVms>>[number]

const HEADER = ['RUNTIME', 'CPUS', 'MEMORY', 'NETWORK', 'WAITING', 'STARTING', 'OLDEST']

/** The VMs of one shape that no workload has yet. */
interface Shelf {
  readonly runtime: string
  readonly cpus: number
  readonly mem_mb: number
  readonly network: string
  readonly waiting: number
  readonly starting: number
  /** Since when the one that has waited longest was begun. */
  readonly oldest: string | null
}

/** Declares `vulcan pool`. */
export function addPoolCommand(program: Command): void {
  program
    .command('pool')
    .description('VMs that this host has started ahead')
    .command('ls')
    .description('list how many VMs wait for a workload, by shape')
    .option('--json', 'one JSON document')
    .action(async (flags: { json?: true }) => {
      const shelves = shelvesOf(await listHostVms(process.env))
      const text = flags.json ? `${JSON.stringify(shelves, null, 2)}\n` : table(shelves)
      process.stdout.write(text)
    })
}

/** What a dead server left neither waits nor starts. `mem_mb` is an inherited name and means MiB. */
function shelvesOf(vms: readonly ActiveVm[]): Shelf[] {
  const shelves = Map.groupBy(
    vms.filter(({ workloadId, hasEnded }) => workloadId === null && !hasEnded),
    ({ runtime, vcpus, memMib, network }) => [runtime, vcpus, memMib, network].join(' '),
  )
  return [...shelves.values()].flatMap((vms) => {
    const [vm] = vms
    if (vm === undefined) return []
    const waiting = vms.filter(({ waits }) => waits)
    const [oldest] = waiting
    return {
      ...{ runtime: vm.runtime, cpus: vm.vcpus, mem_mb: vm.memMib, network: vm.network },
      waiting: waiting.length,
      starting: vms.length - waiting.length,
      oldest: oldest === undefined ? null : new Date(oldest.sinceMs).toISOString(),
    }
  })
}

function table(shelves: readonly Shelf[]): string {
  const rows = shelves.map(({ runtime, cpus, mem_mb, network, waiting, starting, oldest }) => [
    ...[runtime, String(cpus), `${mem_mb} MiB`, network],
    ...[String(waiting), String(starting), oldest ?? ''],
  ])
  return formatTable(HEADER, rows)
}
