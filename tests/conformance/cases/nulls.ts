import { type Call, type Case, call, calls, done, harmless, misshapen } from '../case.ts'

const MACHINE = { vcpu_count: 1, mem_size_mib: 128 }
const NULL = misshapen('')

/** The calls with these fields as null, where everything else is right. */
function each(name: string, body: object, ...fields: readonly string[]): Call[] {
  return fields.map((field) => call(name, { ...body, [field]: null }, NULL))
}

/** Fields that Firecracker has a default for and no word for their absence (`serde(default)`). */
const REFUSED: readonly Call[] = [
  ...each('PUT /machine-config', MACHINE, 'smt', 'track_dirty_pages', 'huge_pages'),
  ...each('PUT /drives/a', { drive_id: 'a', is_root_device: false }, 'cache_type'),
  ...each(
    'PUT /balloon',
    { amount_mib: 1, deflate_on_oom: true },
    ...['stats_polling_interval_s', 'free_page_hinting', 'free_page_reporting'],
  ),
  ...each('PUT /pmem/a', { id: 'a', path_on_host: '/p' }, 'root_device', 'read_only'),
  ...each('PUT /hotplug/memory', { total_size_mib: 128 }, 'block_size_mib', 'slot_size_mib'),
  ...each('PUT /mmds/config', { network_interfaces: ['a'] }, 'version', 'imds_compat'),
  ...each('PUT /cpu-config', {}, 'kvm_capabilities', 'cpuid_modifiers', 'msr_modifiers'),
  ...each('PUT /snapshot/create', { snapshot_path: '/s', mem_file_path: '/m' }, 'snapshot_type'),
  ...each(
    'PUT /snapshot/load',
    { snapshot_path: '/s', mem_file_path: '/m' },
    ...['enable_diff_snapshots', 'track_dirty_pages', 'resume_vm', 'network_overrides'],
    'clock_realtime',
  ),
]

export const nullCases: readonly Case[] = [
  ...REFUSED.map((step) =>
    harmless(`null is no default: ${step.call} ${JSON.stringify(step.body)}`, () => step),
  ),
  calls('null is as good as absent where a field may be missing', (files) => [
    call('PUT /machine-config', { ...MACHINE, cpu_template: null }, done),
    call('PATCH /machine-config', { vcpu_count: 2, smt: null, huge_pages: null }, done),
    call('PUT /boot-source', { kernel_image_path: files.kernel, initrd_path: null }, done),
    call(
      'PUT /drives/a',
      {
        ...{ drive_id: 'a', is_root_device: false, path_on_host: files.drive },
        ...{ is_read_only: null, partuuid: null, io_engine: null, rate_limiter: null },
      },
      done,
    ),
    call('PUT /vsock', { guest_cid: 3, uds_path: files.vsock, vsock_id: null }, done),
    call('PUT /entropy', { rate_limiter: null }, done),
    call('PUT /serial', { serial_out_path: null, rate_limiter: null }, done),
    call('PUT /logger', { level: null, show_level: null, show_log_origin: null }, done),
  ]),
]
