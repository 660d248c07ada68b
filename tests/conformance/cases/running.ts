import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import {
  type Call,
  type Case,
  call,
  done,
  gives,
  machineIs,
  misshapen,
  perform,
  refused,
} from '../case.ts'
import { SPOKEN, type TinyGuest } from '../tiny-guest.ts'
import type { Ended, Files, RunningVmm, VmmUnderCase } from '../vmms/vmm.ts'
import { DEFAULT_CONFIG, DEFAULT_MACHINE } from './defaults.ts'

const AFTER = refused('The requested operation is not supported after starting the microVM.')
const START = call('PUT /actions', { action_type: 'InstanceStart' }, done)
const PAUSE = call('PATCH /vm', { state: 'Paused' }, done)
const RESUME = call('PATCH /vm', { state: 'Resumed' }, done)

/** Of a machine that runs: what it refuses, its states, its end. */
export const runningCases: readonly Case[] = [
  running('a machine that runs is not configured any more', 'idles', (files) => [
    call('PUT /boot-source', { kernel_image_path: files.kernel }, AFTER),
    call('PUT /machine-config', { vcpu_count: 1, mem_size_mib: 128 }, AFTER),
    call('PATCH /machine-config', { vcpu_count: 2 }, AFTER),
    call('PUT /vsock', { guest_cid: 3, uds_path: files.vsock }, AFTER),
    call('PUT /entropy', {}, AFTER),
    call('PUT /logger', { level: 'Info' }, AFTER),
    call('PUT /metrics', { metrics_path: `${files.dir}/metrics` }, AFTER),
    call('PUT /serial', {}, AFTER),
    call('PUT /balloon', { amount_mib: 1, deflate_on_oom: true }, AFTER),
    call('PUT /cpu-config', {}, AFTER),
    call('PUT /hotplug/memory', { total_size_mib: 128 }, AFTER),
    call('PUT /mmds/config', { network_interfaces: ['a'] }, AFTER),
  ]),
  running('a machine that runs is not started again', 'idles', () => [START].map(refusedAfter)),
  running('a machine that runs is not loaded from a snapshot', 'idles', (files) => [
    call(
      'PUT /snapshot/load',
      {
        snapshot_path: files.missing,
        mem_backend: { backend_path: files.missing, backend_type: 'File' },
      },
      AFTER,
    ),
  ]),
  running('a body is looked at before the state', 'idles', () => [
    call('PUT /boot-source', {}, misshapen('missing field `kernel_image_path`')),
  ]),
  running('a machine that runs tells what it is', 'idles', (files) => [
    call('GET /machine-config', gives(DEFAULT_MACHINE)),
    call('GET /version', gives({ firecracker_version: '1.16.1' })),
    call(
      'GET /vm/config',
      gives({
        ...DEFAULT_CONFIG,
        'boot-source': { kernel_image_path: files.kernel, initrd_path: null, boot_args: null },
      }),
    ),
  ]),
  running('a machine is paused and resumed, once or twice', 'idles', () => [
    machineIs('Running'),
    PAUSE,
    machineIs('Paused'),
    PAUSE,
    machineIs('Paused'),
    RESUME,
    machineIs('Running'),
    RESUME,
    machineIs('Running'),
  ]),
  running('a machine that is paused is neither configured nor started', 'idles', (files) => [
    PAUSE,
    call('PUT /boot-source', { kernel_image_path: files.kernel }, AFTER),
    refusedAfter(START),
    machineIs('Paused'),
  ]),
  running('metrics are flushed while it runs, be they wanted or not', 'idles', () => [
    call('PUT /actions', { action_type: 'FlushMetrics' }, done),
  ]),
  running('there is nothing of a balloon without one', 'idles', () => [
    call('GET /balloon', refused(/^Internal VMM error: /)),
    call('PATCH /balloon', { amount_mib: 1 }, refused(/^Balloon update error: /)),
    call('GET /balloon/statistics', refused(/^Internal VMM error: /)),
  ]),
  running('there is no metadata without its service', 'idles', () => [
    call('GET /mmds', refused('MMDS error: The MMDS data store is not initialized.')),
    call('PUT /mmds', {}, refused('MMDS error: The MMDS data store is not initialized.')),
  ]),
  running('a drive that is not there is not changed', 'idles', (files) => [
    call(
      'PATCH /drives/a',
      { drive_id: 'a', path_on_host: files.drive },
      refused(
        /^Drive config error: Unable to patch the block device: .* Please verify the request arguments\.$/,
      ),
    ),
  ]),
  running('an interface that is not there is not changed', 'idles', () => [
    call(
      'PATCH /network-interfaces/a',
      { iface_id: 'a' },
      refused(/^Network config error: Unable to update the net device: /),
    ),
  ]),
  running('devices are not plugged in without PCI', 'idles', (files) => [
    call(
      'PUT /drives/a',
      { drive_id: 'a', path_on_host: files.drive, is_root_device: false },
      refused('PCI is not enabled'),
    ),
    call('DELETE /drives/a', refused('PCI is not enabled')),
    call('PUT /pmem/a', { id: 'a', path_on_host: files.drive }, refused('PCI is not enabled')),
  ]),
  running('a machine that runs is not saved', 'idles', (files) => [
    call(
      'PUT /snapshot/create',
      { snapshot_path: `${files.dir}/s`, mem_file_path: `${files.dir}/m` },
      refused(/^Create snapshot error: /),
    ),
  ]),
  {
    name: 'a drive gets another file while the machine runs',
    async run(vmm) {
      const { drive, otherDrive } = vmm.files
      const add = { drive_id: 'a', path_on_host: drive, is_root_device: false }
      const running = await boot(vmm, 'idles', [call('PUT /drives/a', add, done)])
      const change = { drive_id: 'a', path_on_host: otherDrive }
      await perform(running, call('PATCH /drives/a', change, done))
    },
  },
  {
    name: 'what a guest writes to its console is on stdout',
    async run(vmm) {
      const running = await boot(vmm, 'speaks')
      await running.hasSaid(SPOKEN)
    },
  },
  {
    name: 'a guest that restarts ends the program with 0',
    async run(vmm) {
      const running = await boot(vmm, 'reboots')
      assertExit(await running.ended(), 0)
    },
  },
  {
    name: 'a guest that restarts leaves the sockets',
    async run(vmm) {
      const vsock = call('PUT /vsock', { guest_cid: 3, uds_path: vmm.files.vsock }, done)
      const running = await boot(vmm, 'reboots', [vsock])
      assertExit(await running.ended(), 0)
      assert.ok(existsSync(running.socketPath), 'the API socket is gone')
      assert.ok(existsSync(vmm.files.vsock), 'the vsock is gone')
    },
  },
  {
    // With 1, or with 0 where Firecracker's main thread sees the end before the reason.
    name: 'a guest whose processor fails ends the program',
    async run(vmm) {
      const running = await boot(vmm, 'crashes')
      assert.equal((await running.ended()).signal, null)
    },
  },
  {
    name: 'Ctrl-Alt-Del reaches the keyboard of the guest',
    async run(vmm) {
      const running = await boot(vmm, 'reboots-on-keys')
      await perform(running, call('PUT /actions', { action_type: 'SendCtrlAltDel' }, done))
      vmm.play(running, 'reboots')
      assertExit(await running.ended(), 0)
    },
  },
  {
    name: 'the socket of the vsock is there when it is configured',
    async run(vmm) {
      const running = await vmm.start()
      const body = { guest_cid: 3, uds_path: vmm.files.vsock }
      await perform(running, call('PUT /vsock', body, done))
      assert.ok(existsSync(vmm.files.vsock))
    },
  },
  {
    name: 'the socket of the vsock is there when the machine runs',
    async run(vmm) {
      const body = { guest_cid: 3, uds_path: vmm.files.vsock }
      await boot(vmm, 'idles', [call('PUT /vsock', body, done)])
      assert.ok(existsSync(vmm.files.vsock))
    },
  },
]

/** Starts a tiny guest with nothing else than these parts. */
export async function boot(
  vmm: VmmUnderCase,
  guest: TinyGuest,
  parts: readonly Call[] = [],
): Promise<RunningVmm> {
  // Firecracker's log goes to stdout otherwise, right into what the guest writes there.
  const running = await vmm.start('--log-path', `${vmm.files.dir}/program.log`)
  const kernel = { kernel_image_path: vmm.files.kernelOf(guest) }
  for (const step of [...parts, call('PUT /boot-source', kernel, done), START]) {
    await perform(running, step)
  }
  vmm.play(running, guest)
  return running
}

function running(name: string, guest: TinyGuest, make: (files: Files) => readonly Call[]): Case {
  return {
    name,
    async run(vmm) {
      const machine = await boot(vmm, guest)
      for (const step of make(vmm.files)) await perform(machine, step)
    },
  }
}

function refusedAfter(step: Call): Call {
  return { ...step, answer: AFTER }
}

export function assertExit({ exitCode, signal, stderr }: Ended, expected: number): void {
  assert.deepEqual({ exitCode, signal }, { exitCode: expected, signal: null }, stderr)
}
