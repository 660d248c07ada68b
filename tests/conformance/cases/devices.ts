import { type Case, call, calls, done, gives, harmless, misshapen, refused } from '../case.ts'
import { DEFAULT_CONFIG, DEFAULT_MACHINE } from './defaults.ts'

const BEFORE = refused('The requested operation is not supported before starting the microVM.')
const BALLOON = { amount_mib: 16, deflate_on_oom: true }

export const balloonCases: readonly Case[] = [
  harmless('there is no balloon at first', () =>
    call('GET /balloon', refused('Balloon config error: No balloon device found.')),
  ),
  calls('a balloon is configured, and told with its defaults', () => {
    const told = {
      ...BALLOON,
      stats_polling_interval_s: 0,
      free_page_hinting: false,
      free_page_reporting: false,
    }
    return [
      call('PUT /balloon', BALLOON, done),
      call('GET /balloon', gives(told)),
      call('GET /vm/config', gives({ ...DEFAULT_CONFIG, balloon: told })),
    ]
  }),
  harmless('a balloon over the memory is refused', () =>
    call(
      'PUT /balloon',
      { ...BALLOON, amount_mib: 129 },
      refused('Balloon config error: Amount of pages requested is too large.'),
    ),
  ),
  calls('memory below the balloon is refused', () => [
    call('PUT /balloon', BALLOON, done),
    call(
      'PATCH /machine-config',
      { mem_size_mib: 15 },
      refused(
        'Machine config error: The memory size (MiB) is smaller than the previously set balloon device target size.',
      ),
    ),
  ]),
  harmless('a balloon wants to know what it does without memory', () =>
    call('PUT /balloon', { amount_mib: 1 }, misshapen('missing field `deflate_on_oom`')),
  ),
  harmless('the balloon cannot be changed before the start', () =>
    call('PATCH /balloon', { amount_mib: 1 }, BEFORE),
  ),
  harmless('the balloon has no statistics before the start', () =>
    call('GET /balloon/statistics', BEFORE),
  ),
  harmless('the statistics cannot be changed before the start', () =>
    call('PATCH /balloon/statistics', { stats_polling_interval_s: 1 }, BEFORE),
  ),
  harmless('hinting has no status before the start', () =>
    call('GET /balloon/hinting/status', BEFORE),
  ),
  harmless('hinting cannot be started before the start', () =>
    call('PATCH /balloon/hinting/start', BEFORE),
  ),
  harmless('hinting cannot be stopped before the start', () =>
    call('PATCH /balloon/hinting/stop', {}, BEFORE),
  ),
  harmless('GET /balloon/other is none', () =>
    call('GET /balloon/other', refused('Unrecognized GET request path `other`.')),
  ),
  harmless('GET /balloon/hinting/other is none', () =>
    call('GET /balloon/hinting/other', refused('Unrecognized GET request path `/hinting/other`.')),
  ),
]

export const pmemCases: readonly Case[] = [
  calls('a pmem device is configured, and told', ({ drive }) => [
    call('PUT /pmem/a', { id: 'a', path_on_host: drive }, done),
    call(
      'GET /vm/config',
      gives({
        ...DEFAULT_CONFIG,
        pmem: [
          {
            id: 'a',
            path_on_host: drive,
            root_device: false,
            read_only: false,
            rate_limiter: null,
          },
        ],
      }),
    ),
  ]),
  harmless('the id of a pmem device in the path is the one in the body', ({ drive }) =>
    call(
      'PUT /pmem/a',
      { id: 'b', path_on_host: drive },
      refused('The id from the path does not match the id from the body!'),
    ),
  ),
  harmless('a pmem device wants its file', () =>
    call('PUT /pmem/a', { id: 'a' }, misshapen('missing field `path_on_host`')),
  ),
  harmless('a pmem device without an id is refused', () =>
    call('PUT /pmem', {}, refused('The ID cannot be empty.')),
  ),
  calls('there is one root device, be it pmem', ({ drive, otherDrive }) => [
    call('PUT /pmem/a', { id: 'a', path_on_host: drive, root_device: true }, done),
    call(
      'PUT /drives/b',
      { drive_id: 'b', path_on_host: otherDrive, is_root_device: true },
      refused(
        'Drive config error: Attempt to add block as a root device while the root device defined as a pmem device',
      ),
    ),
  ]),
]

export const hotplugCases: readonly Case[] = [
  calls('memory to plug in is configured, and told', () => [
    call('PUT /hotplug/memory', { total_size_mib: 1024 }, done),
    call(
      'GET /vm/config',
      gives({
        ...DEFAULT_CONFIG,
        'memory-hotplug': { total_size_mib: 1024, block_size_mib: 2, slot_size_mib: 128 },
      }),
    ),
  ]),
  ...(
    [
      [{ total_size_mib: 1024, block_size_mib: 1 }, 'Block size must not be lower than 2 MiB'],
      [{ total_size_mib: 1024, block_size_mib: 3 }, 'Block size must be a power of 2'],
      [{ total_size_mib: 1024, slot_size_mib: 64 }, 'Slot size must not be lower than 128 MiB'],
      [{ total_size_mib: 64 }, 'Total size must not be lower than slot size (128 MiB)'],
      [{ total_size_mib: 200 }, 'Total size must be a multiple of slot size (128 MiB)'],
    ] as const
  ).map(([body, reason]) =>
    harmless(`memory to plug in: ${reason}`, () =>
      call('PUT /hotplug/memory', body, refused(`Memory hotplug config error: ${reason}`)),
    ),
  ),
  harmless('memory to plug in wants its size', () =>
    call('PUT /hotplug/memory', {}, misshapen('missing field `total_size_mib`')),
  ),
  harmless('memory to plug in has no status before the start', () =>
    call('GET /hotplug/memory', BEFORE),
  ),
  harmless('memory cannot be plugged in before the start', () =>
    call('PATCH /hotplug/memory', { requested_size_mib: 128 }, BEFORE),
  ),
]

export const cpuCases: readonly Case[] = [
  calls('a CPU template is taken, and not told', () => [
    call('PUT /cpu-config', {}, done),
    call('GET /vm/config', gives(DEFAULT_CONFIG)),
    call('GET /machine-config', gives(DEFAULT_MACHINE)),
  ]),
  harmless('a CPU template has known fields', () =>
    call('PUT /cpu-config', { speed: 1 }, misshapen('unknown field `speed`')),
  ),
]
