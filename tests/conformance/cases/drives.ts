import { type Case, call, calls, done, gives, harmless, misshapen, refused } from '../case.ts'
import { DEFAULT_CONFIG, NO_FILE } from './defaults.ts'

function drive(id: string, path: string, more: object = {}) {
  return { drive_id: id, path_on_host: path, is_root_device: false, ...more }
}

/** As GET /vm/config tells a drive. */
function told(id: string, path: string, more: object = {}) {
  return {
    drive_id: id,
    partuuid: null,
    is_root_device: false,
    cache_type: 'Unsafe',
    is_read_only: false,
    path_on_host: path,
    rate_limiter: null,
    io_engine: 'Sync',
    socket: null,
    ...more,
  }
}

const DRIVE = 'Drive config error:'
const CREATE_DRIVE = `${DRIVE} Unable to create the virtio block device:`

export const driveCases: readonly Case[] = [
  calls('drives are added, and told with their defaults', ({ drive: first, otherDrive }) => [
    call('PUT /drives/a', drive('a', first), done),
    call('PUT /drives/b', drive('b', otherDrive, { is_read_only: true }), done),
    call(
      'GET /vm/config',
      gives({
        ...DEFAULT_CONFIG,
        drives: [told('a', first), told('b', otherDrive, { is_read_only: true })],
      }),
    ),
  ]),
  calls('the root drive comes first', ({ drive: first, otherDrive }) => [
    call('PUT /drives/a', drive('a', first), done),
    call('PUT /drives/root', drive('root', otherDrive, { is_root_device: true }), done),
    call(
      'GET /vm/config',
      gives({
        ...DEFAULT_CONFIG,
        drives: [told('root', otherDrive, { is_root_device: true }), told('a', first)],
      }),
    ),
  ]),
  calls('a drive with the same id replaces the other, in its place', (files) => [
    call('PUT /drives/a', drive('a', files.drive), done),
    call('PUT /drives/b', drive('b', files.drive), done),
    call('PUT /drives/a', drive('a', files.otherDrive), done),
    call(
      'GET /vm/config',
      gives({
        ...DEFAULT_CONFIG,
        drives: [told('a', files.otherDrive), told('b', files.drive)],
      }),
    ),
  ]),
  calls('a drive that becomes the root swaps places with the first', (files) => [
    call('PUT /drives/a', drive('a', files.drive), done),
    call('PUT /drives/b', drive('b', files.drive), done),
    call('PUT /drives/c', drive('c', files.drive), done),
    call('PUT /drives/c', drive('c', files.drive, { is_root_device: true }), done),
    call(
      'GET /vm/config',
      gives({
        ...DEFAULT_CONFIG,
        drives: [
          told('c', files.drive, { is_root_device: true }),
          told('b', files.drive),
          told('a', files.drive),
        ],
      }),
    ),
  ]),
  calls('there is one root drive', (files) => [
    call('PUT /drives/a', drive('a', files.drive, { is_root_device: true }), done),
    call(
      'PUT /drives/b',
      drive('b', files.otherDrive, { is_root_device: true }),
      refused(`${DRIVE} A root block device already exists!`),
    ),
    call('PUT /drives/a', drive('a', files.otherDrive, { is_root_device: true }), done),
  ]),
  calls('a drive has all these fields', (files) => [
    call(
      'PUT /drives/a',
      drive('a', files.drive, {
        partuuid: '0eaa91a0-01',
        cache_type: 'Writeback',
        io_engine: 'Sync',
        is_read_only: true,
        rate_limiter: { ops: { size: 100, refill_time: 1000 } },
      }),
      done,
    ),
    call(
      'GET /vm/config',
      gives({
        ...DEFAULT_CONFIG,
        drives: [
          told('a', files.drive, {
            partuuid: '0eaa91a0-01',
            cache_type: 'Writeback',
            is_read_only: true,
            rate_limiter: {
              bandwidth: null,
              ops: { size: 100, one_time_burst: null, refill_time: 1000 },
            },
          }),
        ],
      }),
    ),
  ]),
  harmless('a drive whose file is missing is refused', ({ missing }) =>
    call(
      'PUT /drives/a',
      drive('a', missing),
      refused(
        `${CREATE_DRIVE} Virtio backend error: Error manipulating the backing file: ${NO_FILE} ${missing}`,
      ),
    ),
  ),
  harmless('a drive without a file and a socket is refused', () =>
    call(
      'PUT /drives/a',
      { drive_id: 'a', is_root_device: false },
      refused(/^Drive config error: Unable to create the virtio block device: /),
    ),
  ),
  harmless('a drive with a file and a socket is refused', (files) =>
    call(
      'PUT /drives/a',
      drive('a', files.drive, { socket: files.missing }),
      refused(/^Drive config error: Unable to create the virtio block device: /),
    ),
  ),
  harmless('a drive whose vhost-user socket is missing is refused', ({ missing }) =>
    call(
      'PUT /drives/a',
      { drive_id: 'a', is_root_device: false, socket: missing },
      refused(/^Drive config error: /),
    ),
  ),
  harmless('a drive wants to know whether it is the root', (files) =>
    call(
      'PUT /drives/a',
      { drive_id: 'a', path_on_host: files.drive },
      misshapen('missing field `is_root_device`'),
    ),
  ),
  harmless('the id in the path is the one in the body', (files) =>
    call(
      'PUT /drives/a',
      drive('b', files.drive),
      refused('The id from the path does not match the id from the body!'),
    ),
  ),
  harmless('a drive without an id is refused', (files) =>
    call('PUT /drives', drive('a', files.drive), refused('The ID cannot be empty.')),
  ),
  harmless('a drive with an empty id is refused', (files) =>
    call('PUT /drives/', drive('a', files.drive), refused('The ID cannot be empty.')),
  ),
  harmless('an id has letters, digits and underscores', (files) =>
    call(
      'PUT /drives/a-b',
      drive('a-b', files.drive),
      refused('API Resource IDs can only contain alphanumeric characters and underscores.'),
    ),
  ),
  harmless('the id is looked at before the body', () =>
    call(
      'PUT /drives/a-b',
      'nonsense',
      refused('API Resource IDs can only contain alphanumeric characters and underscores.'),
    ),
  ),
  harmless('an unknown I/O engine is refused', (files) =>
    call('PUT /drives/a', drive('a', files.drive, { io_engine: 'Turbo' }), misshapen('`Turbo`')),
  ),
  harmless('a rate limiter has known fields', (files) =>
    call(
      'PUT /drives/a',
      drive('a', files.drive, { rate_limiter: { colour: 1 } }),
      misshapen('unknown field `colour`'),
    ),
  ),
  harmless('a token bucket wants its refill time', (files) =>
    call(
      'PUT /drives/a',
      drive('a', files.drive, { rate_limiter: { ops: { size: 1 } } }),
      misshapen('missing field `refill_time`'),
    ),
  ),
]
