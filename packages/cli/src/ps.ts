import { listHostEnds, listHostVms } from '@vulcan/host'
import type { Command } from 'commander'
import { formatTable } from './table.ts'

type ActiveVm = Awaited<ReturnType<typeof listHostVms>>[number]
type EndedVm = Awaited<ReturnType<typeof listHostEnds>>[number]

const HEADER = ['ID', 'RUNTIME', 'STATE', 'EXIT', 'PID', 'CID', 'NETWORK', 'SINCE', 'LASTED']
const ERROR_CHARACTERS = 80

/** Declares `vulcan ps`. */
export function addPsCommand(program: Command): void {
  program
    .command('ps')
    .description('list the VMs of this host, and with --all how earlier ones ended')
    .option('-a, --all', 'also VMs that have ended (the last 1000), with the reason')
    .option('--json', 'one JSON document')
    .action(async (flags: { all?: true; json?: true }) => {
      const active = await listHostVms(process.env)
      const ended = flags.all ? await listHostEnds(process.env) : []
      process.stdout.write(flags.json ? document(active, ended) : table(active, ended, flags))
    })
}

function document(active: readonly ActiveVm[], ended: readonly EndedVm[]): string {
  const rows = [
    ...active.map((vm) => ({
      ...facts(vm),
      owner_id: vm.ownerId,
      pid: vm.pid ?? null,
      phase: vm.phase ?? null,
      waits: vm.waits && !vm.hasEnded,
      ended: vm.hasEnded,
    })),
    ...ended.map((vm) => ({
      ...facts(vm),
      phase: vm.phases.at(-1)?.phase ?? null,
      reason: vm.reason,
      exit_code: vm.exitCode,
      error: vm.error,
      ended_at: time(vm.endedMs),
      phases: vm.phases.map(({ phase, atMs }) => ({ phase, at: time(atMs) })),
      resources: vm.resources,
    })),
  ]
  return `${JSON.stringify(rows, null, 2)}\n`
}

/** `mem_mb` is an inherited name and means MiB. */
function facts(vm: ActiveVm | EndedVm) {
  const { id, workloadId, runtime, cid, vcpus, memMib, network, vmm, sinceMs } = vm
  return {
    id,
    workload_id: workloadId,
    runtime,
    cid,
    vcpus,
    mem_mb: memMib,
    network,
    vmm,
    since: time(sinceMs),
  }
}

function table(
  active: readonly ActiveVm[],
  ended: readonly EndedVm[],
  { all }: { all?: true },
): string {
  const now = Date.now()
  const rows = [
    ...active.map((vm) => [
      ...[vm.workloadId ?? vm.id, vm.runtime, stateOf(vm), ''],
      ...[String(vm.pid ?? ''), String(vm.cid)],
      ...[vm.network, time(vm.sinceMs), seconds(now - vm.sinceMs), ''],
    ]),
    ...ended.map((vm) => [
      ...[
        vm.workloadId ?? vm.id,
        vm.runtime,
        vm.reason,
        String(vm.exitCode ?? ''),
        '',
        String(vm.cid),
      ],
      ...[vm.network, time(vm.sinceMs), seconds(vm.endedMs - vm.sinceMs)],
      vm.error.slice(0, ERROR_CHARACTERS),
    ]),
  ]
  return formatTable(all ? [...HEADER, 'ERROR'] : HEADER, rows)
}

/** A process that was killed has written no last phase. */
function stateOf({ waits, hasEnded, phase }: ActiveVm): string {
  if (hasEnded) return 'ended'
  return waits ? 'waiting' : (phase ?? 'opened')
}

function time(ms: number): string {
  return new Date(ms).toISOString()
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}
