import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { type Case, call, done, machineIs, perform } from '../case.ts'
import { AGENT_PORT, firstWord, listenOn, startLinux } from '../linux-guest.ts'
import type { RunningVmm, VmmUnderCase } from '../vmms/vmm.ts'

const PAUSE = call('PATCH /vm', { state: 'Paused' }, done)
/** All of a guest's memory is written to a disk. */
const SAVE_DEADLINE_MS = 60_000
/** Writes what one sparse file holds over another one, as Firecracker's snapshot-editor does. */
const OVERLAY = `
  open my $from, '<', $ARGV[0] or die $!;
  open my $to, '+<', $ARGV[1] or die $!;
  my ($end, $piece) = (0);
  while (defined(my $at = sysseek $from, $end, 3)) {
    $end = sysseek $from, $at, 4;
    sysseek $from, $at, 0;
    sysseek $to, $at, 0;
    for (my $left = $end - $at; $left > 0; $left -= length $piece) {
      sysread $from, $piece, $left < 65536 ? $left : 65536 or die $!;
      syswrite $to, $piece or die $!;
    }
  }`

/** What is left of a guest when its VMM has ended. */
interface Saved {
  readonly state: string
  readonly memory: string
}

export const guestSnapshotCases: readonly Case[] = [
  {
    name: 'a guest with Linux goes on in other processes, at other sockets, from all and from what changed',
    needs: 'linux',
    async run(vmm) {
      const { dir, vsock } = vmm.files
      using ready = await listenOn(`${vsock}_${AGENT_PORT}`)
      const first = await startLinux(vmm)
      await ready.connected
      const all = await save(first, 'Full', { state: `${dir}/s1`, memory: `${dir}/m1` })
      const second = await goOn(vmm, 'second', all)
      const changes = await save(second, 'Diff', { state: `${dir}/s2`, memory: `${dir}/m2` })
      const [whole, part] = await Promise.all([stat(all.memory), stat(changes.memory)])
      assert.equal(part.size, whole.size)
      assert.ok(part.blocks < whole.blocks, `${part.blocks} blocks of ${whole.blocks}`)
      await promisify(execFile)('perl', ['-e', OVERLAY, changes.memory, all.memory])
      await goOn(vmm, 'third', { state: changes.state, memory: all.memory })
    },
  },
]

async function save(
  running: RunningVmm,
  snapshot_type: 'Full' | 'Diff',
  { state, memory }: Saved,
): Promise<Saved> {
  await perform(running, PAUSE)
  const files = { snapshot_type, snapshot_path: state, mem_file_path: memory }
  await perform(running, call('PUT /snapshot/create', files, done), SAVE_DEADLINE_MS)
  running.kill('SIGKILL')
  await running.ended()
  return { state, memory }
}

/** In a new process, whose agent must answer as that of the one before. */
async function goOn(vmm: VmmUnderCase, id: string, saved: Saved): Promise<RunningVmm> {
  const running = await vmm.start('--id', id, '--log-path', `${vmm.files.dir}/${id}.log`)
  const uds_path = join(dirname(vmm.files.vsock), `${id}.sock`)
  const load = {
    snapshot_path: saved.state,
    mem_backend: { backend_type: 'File', backend_path: saved.memory },
    vsock_override: { uds_path },
    track_dirty_pages: true,
    resume_vm: true,
  }
  await perform(running, call('PUT /snapshot/load', load, done), SAVE_DEADLINE_MS)
  await perform(running, machineIs('Running', id))
  assert.match(await firstWord(uds_path, `CONNECT ${AGENT_PORT}\n`), /^OK \d+\n$/)
  return running
}
