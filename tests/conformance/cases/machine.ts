import assert from 'node:assert/strict'
import { type Case, call, calls, done, gives, harmless, misshapen, refused } from '../case.ts'
import { exchange, request } from '../raw-http.ts'
import { DEFAULT_CONFIG, DEFAULT_MACHINE, NO_FILE } from './defaults.ts'

const VCPUS =
  'Machine config error: The number of vCPUs must be greater than 0, less than 32 and must be 1 or an even number if SMT is enabled.'
const MEMORY =
  'Machine config error: The memory size (MiB) is either 0, or not a multiple of the configured page size.'

/** GET /, the machine and its boot source. */
export const machineCases: readonly Case[] = [
  harmless('GET / tells what was started', () =>
    call(
      'GET /',
      gives({
        id: 'anonymous-instance',
        state: 'Not started',
        vmm_version: '1.16.1',
        app_name: 'Firecracker',
      }),
    ),
  ),
  harmless('the machine has defaults', () => call('GET /machine-config', gives(DEFAULT_MACHINE))),
  harmless('GET /vm/config tells all, defaults included', () =>
    call('GET /vm/config', gives(DEFAULT_CONFIG)),
  ),
  {
    name: 'parts that are not configured are told as null',
    async run(vmm) {
      const { socketPath } = await vmm.untouched()
      const { body } = await exchange(socketPath, request('GET /vm/config'))
      assert.deepEqual(JSON.parse(body), DEFAULT_CONFIG)
    },
  },
  calls('a machine is configured, and told so', () => [
    call('PUT /machine-config', { vcpu_count: 2, mem_size_mib: 256 }, done),
    call('GET /machine-config', gives({ ...DEFAULT_MACHINE, vcpu_count: 2, mem_size_mib: 256 })),
  ]),
  calls('PATCH /machine-config changes only what it names', () => [
    call('PUT /machine-config', { vcpu_count: 2, mem_size_mib: 256 }, done),
    call('PATCH /machine-config', { vcpu_count: 3 }, done),
    call('GET /machine-config', gives({ ...DEFAULT_MACHINE, vcpu_count: 3, mem_size_mib: 256 })),
  ]),
  calls('PATCH /machine-config works before any PUT', () => [
    call('PATCH /machine-config', { mem_size_mib: 64 }, done),
    call('GET /machine-config', gives({ ...DEFAULT_MACHINE, mem_size_mib: 64 })),
  ]),
  calls('a second PUT /machine-config sets defaults again', () => [
    call(
      'PUT /machine-config',
      { vcpu_count: 2, mem_size_mib: 256, track_dirty_pages: true },
      done,
    ),
    call('PUT /machine-config', { vcpu_count: 1, mem_size_mib: 128 }, done),
    call('GET /machine-config', gives(DEFAULT_MACHINE)),
  ]),
  calls('dirty pages can be tracked', () => [
    call(
      'PUT /machine-config',
      { vcpu_count: 1, mem_size_mib: 128, track_dirty_pages: true },
      done,
    ),
  ]),
  calls('there can be SMT', () => [
    call('PUT /machine-config', { vcpu_count: 2, mem_size_mib: 128, smt: true }, done),
  ]),
  calls('there can be huge pages', () => [
    call('PUT /machine-config', { vcpu_count: 1, mem_size_mib: 128, huge_pages: '2M' }, done),
  ]),
  calls('a CPU template is deprecated, and taken', () => [
    call('PUT /machine-config', { vcpu_count: 1, mem_size_mib: 128, cpu_template: 'T2' }, done),
    call('GET /machine-config', gives({ ...DEFAULT_MACHINE, cpu_template: 'T2' })),
  ]),
  calls('a machine that is refused leaves the one before', () => [
    call('PUT /machine-config', { vcpu_count: 2, mem_size_mib: 256 }, done),
    call('PUT /machine-config', { vcpu_count: 33, mem_size_mib: 128 }, refused(VCPUS)),
    call('GET /machine-config', gives({ ...DEFAULT_MACHINE, vcpu_count: 2, mem_size_mib: 256 })),
  ]),
  ...[0, 33].map((count) =>
    harmless(`${count} vCPUs are refused`, () =>
      call('PUT /machine-config', { vcpu_count: count, mem_size_mib: 128 }, refused(VCPUS)),
    ),
  ),
  harmless('an odd number of vCPUs with SMT is refused', () =>
    call('PUT /machine-config', { vcpu_count: 3, mem_size_mib: 128, smt: true }, refused(VCPUS)),
  ),
  harmless('no memory is refused', () =>
    call('PUT /machine-config', { vcpu_count: 1, mem_size_mib: 0 }, refused(MEMORY)),
  ),
  harmless('an odd size with huge pages is refused', () =>
    call(
      'PUT /machine-config',
      { vcpu_count: 1, mem_size_mib: 129, huge_pages: '2M' },
      refused(MEMORY),
    ),
  ),
  harmless('PUT /machine-config wants the memory', () =>
    call('PUT /machine-config', { vcpu_count: 1 }, misshapen('missing field `mem_size_mib`')),
  ),
  harmless('PATCH /machine-config with nothing is refused', () =>
    call('PATCH /machine-config', {}, refused('Empty PATCH request.')),
  ),
  harmless('PATCH /machine-config with null only is refused', () =>
    call('PATCH /machine-config', { vcpu_count: null }, refused('Empty PATCH request.')),
  ),
  harmless('PATCH /machine-config with an unknown field is refused', () =>
    call('PATCH /machine-config', { cpus: 1 }, misshapen('unknown field `cpus`')),
  ),
  harmless('huge pages have sizes', () =>
    call('PATCH /machine-config', { huge_pages: '1G' }, misshapen('unknown variant `1G`')),
  ),
  calls('a boot source is configured, replaced, and told', ({ kernel, initrd }) => [
    call('PUT /boot-source', { kernel_image_path: kernel, boot_args: 'quiet' }, done),
    call('PUT /boot-source', { kernel_image_path: kernel, initrd_path: initrd }, done),
    call(
      'GET /vm/config',
      gives({
        ...DEFAULT_CONFIG,
        'boot-source': { kernel_image_path: kernel, initrd_path: initrd, boot_args: null },
      }),
    ),
  ]),
  harmless('a kernel that is missing is refused', ({ missing }) =>
    call(
      'PUT /boot-source',
      { kernel_image_path: missing },
      refused(`Boot source error: The kernel file cannot be opened: ${NO_FILE}`),
    ),
  ),
  harmless('an initrd that is missing is refused', ({ kernel, missing }) =>
    call(
      'PUT /boot-source',
      { kernel_image_path: kernel, initrd_path: missing },
      refused(
        `Boot source error: The initrd file cannot be opened due to invalid path or invalid permissions. ${NO_FILE}`,
      ),
    ),
  ),
  calls('boot arguments of 2047 bytes are taken', ({ kernel }) => [
    call('PUT /boot-source', { kernel_image_path: kernel, boot_args: 'x'.repeat(2047) }, done),
  ]),
  harmless('boot arguments of 2048 bytes are refused', ({ kernel }) =>
    call(
      'PUT /boot-source',
      { kernel_image_path: kernel, boot_args: 'x'.repeat(2048) },
      refused(/^Boot source error: The kernel command line is invalid: /),
    ),
  ),
  calls('boot arguments that are no ASCII are taken', ({ kernel }) => [
    call('PUT /boot-source', { kernel_image_path: kernel, boot_args: 'é' }, done),
  ]),
]
