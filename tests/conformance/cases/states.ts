import { type Case, call, calls, done, harmless, machineIs, misshapen, refused } from '../case.ts'

const BEFORE = refused('The requested operation is not supported before starting the microVM.')
const NO_KERNEL = refused('Start microvm error: Cannot start microvm without kernel configuration.')

/** What there is only of a machine that was started, and the start itself. */
export const stateCases: readonly Case[] = [
  ...[
    call('PUT /actions', { action_type: 'FlushMetrics' }, BEFORE),
    call('PUT /actions', { action_type: 'SendCtrlAltDel' }, BEFORE),
    call('PATCH /vm', { state: 'Paused' }, BEFORE),
    call('PATCH /vm', { state: 'Resumed' }, BEFORE),
    call('PUT /snapshot/create', { snapshot_path: '/s', mem_file_path: '/m' }, BEFORE),
    call('PATCH /drives/a', { drive_id: 'a' }, BEFORE),
    call('PATCH /network-interfaces/a', { iface_id: 'a' }, BEFORE),
    call('PATCH /pmem/a', { id: 'a' }, BEFORE),
    call('DELETE /drives/a', BEFORE),
    call('DELETE /pmem/a', BEFORE),
    call('DELETE /network-interfaces/a', BEFORE),
  ].map((step) => {
    const body = step.body === undefined ? '' : ` ${JSON.stringify(step.body)}`
    return harmless(`before the start there is no ${step.call}${body}`, () => step)
  }),
  harmless('a machine does not start without a kernel', () =>
    call('PUT /actions', { action_type: 'InstanceStart' }, NO_KERNEL),
  ),
  calls('a start that was refused can be tried again', ({ kernel }) => [
    call('PUT /actions', { action_type: 'InstanceStart' }, NO_KERNEL),
    call('PUT /boot-source', { kernel_image_path: kernel }, done),
    call('PUT /actions', { action_type: 'InstanceStart' }, done),
  ]),
  calls('a kernel that is none is found out by the start', ({ drive }) => [
    call('PUT /boot-source', { kernel_image_path: drive }, done),
    call('PUT /actions', { action_type: 'InstanceStart' }, refused(/^Start microvm error: /)),
  ]),
  harmless('a machine is Paused or Resumed', () =>
    call('PATCH /vm', { state: 'Running' }, misshapen('unknown variant `Running`')),
  ),
  harmless('an action has known fields', () =>
    call(
      'PUT /actions',
      { action_type: 'InstanceStart', payload: 'x' },
      misshapen('unknown field `payload`'),
    ),
  ),
  harmless('a change of a drive has known fields', () =>
    call(
      'PATCH /drives/a',
      { drive_id: 'a', is_read_only: true },
      misshapen('unknown field `is_read_only`'),
    ),
  ),
  harmless('a change of a drive names the same id twice, too', () =>
    call(
      'PATCH /drives/a',
      { drive_id: 'b' },
      refused('The id from the path does not match the id from the body!'),
    ),
  ),
  harmless('a removal wants an id', () =>
    call('DELETE /drives', refused('The ID cannot be empty.')),
  ),
  calls('parts are configured in any order', (files) => [
    call('PUT /entropy', {}, done),
    call('PUT /vsock', { guest_cid: 3, uds_path: files.vsock }, done),
    call('PUT /drives/a', { drive_id: 'a', path_on_host: files.drive, is_root_device: true }, done),
    call('PUT /machine-config', { vcpu_count: 1, mem_size_mib: 128 }, done),
    call('PUT /boot-source', { kernel_image_path: files.kernel }, done),
    call('PUT /actions', { action_type: 'InstanceStart' }, done),
    machineIs('Running'),
  ]),
]
