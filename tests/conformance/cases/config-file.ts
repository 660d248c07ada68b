import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Case, call, gives, machineIs, perform, refused } from '../case.ts'
import { SPOKEN, type TinyGuest } from '../tiny-guest.ts'
import type { VmmUnderCase } from '../vmms/vmm.ts'
import { DEFAULT_CONFIG, DEFAULT_MACHINE } from './defaults.ts'
import { assertExit } from './running.ts'

type Document = Readonly<Record<string, unknown>>

/** A machine that is configured and started by a file, with and without an API. */
export const configFileCases: readonly Case[] = [
  {
    name: 'a configuration file configures and starts a machine',
    async run(vmm) {
      const { kernel, drive, vsock } = vmm.files
      const path = await write(vmm, {
        ...minimal(vmm, 'idles'),
        'machine-config': { vcpu_count: 2, mem_size_mib: 64 },
        drives: [{ drive_id: 'a', path_on_host: drive, is_root_device: false }],
        vsock: { guest_cid: 3, uds_path: vsock },
        entropy: {},
        'network-interfaces': [],
      })
      const running = await vmm.start('--config-file', path)
      await perform(running, machineIs('Running'))
      const told = {
        ...DEFAULT_CONFIG,
        'boot-source': { kernel_image_path: kernel, initrd_path: null, boot_args: null },
        'machine-config': { ...DEFAULT_MACHINE, vcpu_count: 2, mem_size_mib: 64 },
        drives: [
          {
            drive_id: 'a',
            partuuid: null,
            is_root_device: false,
            cache_type: 'Unsafe',
            is_read_only: false,
            path_on_host: drive,
            rate_limiter: null,
            io_engine: 'Sync',
            socket: null,
          },
        ],
        vsock: { guest_cid: 3, uds_path: vsock },
        entropy: { rate_limiter: null },
      }
      await perform(running, call('GET /vm/config', gives(told)))
      const body = { kernel_image_path: kernel }
      const words = 'The requested operation is not supported after starting the microVM.'
      await perform(running, call('PUT /boot-source', body, refused(words)))
    },
  },
  {
    name: 'without an API there is no socket, and the console is on stdout',
    async run(vmm) {
      const path = await write(vmm, minimal(vmm, 'speaks-and-reboots'))
      const socketPath = join(vmm.files.dir, 'no.sock')
      const log = ['--log-path', join(vmm.files.dir, 'log')]
      const ended = await vmm.run(
        '--no-api',
        '--config-file',
        path,
        ...log,
        '--api-sock',
        socketPath,
      )
      assertExit(ended, 0)
      assert.ok(ended.stdout.includes(SPOKEN), ended.stdout)
      assert.ok(!existsSync(socketPath))
    },
  },
  {
    name: 'with an API a guest that restarts ends the program with 0, too',
    async run(vmm) {
      const path = await write(vmm, minimal(vmm, 'speaks-and-reboots'))
      const socketPath = join(vmm.files.dir, 'yes.sock')
      assertExit(await vmm.run('--config-file', path, '--api-sock', socketPath), 0)
    },
  },
  {
    name: 'a top-level field that is unknown is not looked at',
    async run(vmm) {
      const path = await write(vmm, { ...minimal(vmm, 'idles'), colour: 'red' })
      await perform(await vmm.start('--config-file', path), machineIs('Running'))
    },
  },
  fails(
    'a field of a part that is unknown ends it with 1',
    (vmm) => {
      const source = { kernel_image_path: vmm.files.kernel, colour: 'red' }
      return { ...minimal(vmm, 'idles'), 'boot-source': source }
    },
    /unknown field `colour`/,
  ),
  fails('a file without a boot source ends it with 1', () => ({ drives: [] }), /boot-source/),
  fails(
    'a file without drives ends it with 1',
    (vmm) => ({ 'boot-source': { kernel_image_path: vmm.files.kernel } }),
    /missing field `drives`/,
  ),
  fails(
    'a kernel that is missing ends it with 1',
    ({ files }) => ({ drives: [], 'boot-source': { kernel_image_path: files.missing } }),
    /The kernel file cannot be opened|InvalidKernelPath/,
  ),
  fails(
    'a machine that is refused ends it with 1',
    (vmm) => ({
      ...minimal(vmm, 'idles'),
      'machine-config': { vcpu_count: 0, mem_size_mib: 64 },
    }),
    /The number of vCPUs|InvalidVcpuCount/,
  ),
  {
    name: 'a file that is no JSON ends it with 1',
    async run(vmm) {
      const path = join(vmm.files.dir, 'config.json')
      await writeFile(path, 'nonsense')
      assertExit(await vmm.run('--no-api', '--config-file', path), 1)
    },
  },
  {
    name: 'a file that is missing ends it without success',
    async run(vmm) {
      const { exitCode } = await vmm.run('--no-api', '--config-file', vmm.files.missing)
      assert.notEqual(exitCode, 0)
    },
  },
]

function fails(name: string, make: (vmm: VmmUnderCase) => Document, words: RegExp): Case {
  return {
    name,
    async run(vmm) {
      const path = await write(vmm, make(vmm))
      const ended = await vmm.run('--no-api', '--config-file', path)
      assertExit(ended, 1)
      assert.match(ended.stdout + ended.stderr, words)
    },
  }
}

function minimal({ files }: VmmUnderCase, guest: TinyGuest): Document {
  return { 'boot-source': { kernel_image_path: files.kernelOf(guest) }, drives: [] }
}

async function write({ files }: VmmUnderCase, document: Document): Promise<string> {
  const path = join(files.dir, 'config.json')
  await writeFile(path, JSON.stringify(document))
  return path
}
