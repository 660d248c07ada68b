import { type Case, call, done, harmless, machineIs, misshapen, perform, refused } from '../case.ts'
import { SPOKEN } from '../tiny-guest.ts'
import { boot } from './running.ts'

const PAUSE = call('PATCH /vm', { state: 'Paused' }, done)
const RESUME = call('PATCH /vm', { state: 'Resumed' }, done)

function load(files: { state: string; memory: string }, more: object = {}) {
  return {
    snapshot_path: files.state,
    mem_backend: { backend_path: files.memory, backend_type: 'File' },
    ...more,
  }
}

export const snapshotCases: readonly Case[] = [
  harmless('a snapshot is created or loaded', () =>
    call(
      'PUT /snapshot/other',
      {},
      refused('Invalid request method and/or path: PUT /snapshot/other.'),
    ),
  ),
  harmless('a snapshot wants to know what to do', () =>
    call('PUT /snapshot', {}, refused('Missing snapshot operation type.')),
  ),
  harmless('a snapshot to create wants both files', () =>
    call(
      'PUT /snapshot/create',
      { snapshot_path: '/s' },
      misshapen('missing field `mem_file_path`'),
    ),
  ),
  harmless('a snapshot is Full or Diff', () =>
    call(
      'PUT /snapshot/create',
      { snapshot_path: '/s', mem_file_path: '/m', snapshot_type: 'Half' },
      misshapen('unknown variant `Half`'),
    ),
  ),
  harmless('a snapshot to load wants its memory', () =>
    call(
      'PUT /snapshot/load',
      { snapshot_path: '/s' },
      misshapen('missing field: either `mem_backend` or `mem_file_path` is required'),
    ),
  ),
  harmless('a snapshot to load wants its memory once', () =>
    call(
      'PUT /snapshot/load',
      load({ state: '/s', memory: '/m' }, { mem_file_path: '/m' }),
      misshapen('too many fields: either `mem_backend` or `mem_file_path` exclusively is required'),
    ),
  ),
  harmless('the memory of a snapshot is a file or a page fault handler', () =>
    call(
      'PUT /snapshot/load',
      { snapshot_path: '/s', mem_backend: { backend_path: '/m', backend_type: 'Tape' } },
      misshapen('unknown variant `Tape`'),
    ),
  ),
  {
    name: 'a snapshot is not loaded into a machine that was configured',
    async run(vmm) {
      const { kernel, missing } = vmm.files
      const running = await vmm.start()
      await perform(running, call('PUT /boot-source', { kernel_image_path: kernel }, done))
      const body = load({ state: missing, memory: missing })
      const words =
        'Load snapshot error: Loading a microVM snapshot not allowed after configuring boot-specific resources.'
      await perform(running, call('PUT /snapshot/load', body, refused(words)))
    },
  },
  {
    name: 'a snapshot that cannot be loaded ends the program with 1',
    async run(vmm) {
      const running = await vmm.start()
      const body = load({ state: vmm.files.missing, memory: vmm.files.missing })
      const words = /^Load snapshot error: Failed to restore from snapshot: /
      await perform(running, call('PUT /snapshot/load', body, refused(words)))
      const { exitCode } = await running.ended()
      if (exitCode !== 1) throw new Error(`it ended with ${exitCode}`)
    },
  },
  {
    name: 'a machine that is paused is saved, and goes on',
    async run(vmm) {
      const { dir } = vmm.files
      const running = await boot(vmm, 'idles')
      const create = { snapshot_path: `${dir}/s`, mem_file_path: `${dir}/m` }
      for (const step of [PAUSE, call('PUT /snapshot/create', create, done), RESUME]) {
        await perform(running, step)
      }
    },
  },
  {
    name: 'a machine that was saved runs on in another process',
    async run(vmm) {
      const { dir } = vmm.files
      const first = await boot(vmm, 'speaks')
      await first.hasSaid(SPOKEN)
      const create = { snapshot_path: `${dir}/s`, mem_file_path: `${dir}/m` }
      for (const step of [PAUSE, call('PUT /snapshot/create', create, done)]) {
        await perform(first, step)
      }
      first.kill('SIGKILL')
      await first.ended()
      const second = await vmm.start('--id', 'second')
      const body = load({ state: `${dir}/s`, memory: `${dir}/m` })
      for (const step of [
        call('PUT /snapshot/load', body, done),
        machineIs('Paused', 'second'),
        RESUME,
        machineIs('Running', 'second'),
      ]) {
        await perform(second, step)
      }
    },
  },
]
