import { type Case, call, calls, done, gives, harmless, misshapen, refused } from '../case.ts'
import { DEFAULT_CONFIG } from './defaults.ts'

const MISMATCH = 'The id from the path [a] does not match the id from the body [b]!'
const BAD_ID = 'API Resource IDs can only contain alphanumeric characters and underscores.'

/** Without TAP devices: what is refused before one is looked for. */
export const networkCases: readonly Case[] = [
  harmless('a network interface wants its TAP', () =>
    call(
      'PUT /network-interfaces/a',
      { iface_id: 'a' },
      misshapen('missing field `host_dev_name`'),
    ),
  ),
  harmless('the id of an interface in the path is the one in the body', () =>
    call('PUT /network-interfaces/a', { iface_id: 'b', host_dev_name: 'tap' }, refused(MISMATCH)),
  ),
  harmless('the id of an interface has letters, digits and underscores', () =>
    call('PUT /network-interfaces/a-b', { iface_id: 'a-b', host_dev_name: 'tap' }, refused(BAD_ID)),
  ),
  harmless('an interface without an id is refused', () =>
    call('PUT /network-interfaces', {}, refused('The ID cannot be empty.')),
  ),
  harmless('a MAC address has six bytes', () =>
    call(
      'PUT /network-interfaces/a',
      { iface_id: 'a', host_dev_name: 'tap', guest_mac: '02:00:00:00:00' },
      misshapen(''),
    ),
  ),
  harmless('an MTU has 16 bits', () =>
    call(
      'PUT /network-interfaces/a',
      { iface_id: 'a', host_dev_name: 'tap', mtu: 65_536 },
      misshapen(''),
    ),
  ),
  harmless('an interface has known fields', () =>
    call(
      'PUT /network-interfaces/a',
      { iface_id: 'a', host_dev_name: 'tap', allow_mmds_requests: true },
      misshapen('unknown field `allow_mmds_requests`'),
    ),
  ),
  calls('a TAP whose name does not fit is refused', () => [
    call(
      'PUT /network-interfaces/a',
      { iface_id: 'a', host_dev_name: 'a-name-that-is-too-long' },
      refused(/^Network config error: /),
    ),
  ]),
  harmless('an update of an interface names the same id twice, too', () =>
    call('PATCH /network-interfaces/a', { iface_id: 'b' }, refused(MISMATCH)),
  ),
  harmless('an update of an interface has known fields', () =>
    call(
      'PATCH /network-interfaces/a',
      { iface_id: 'a', host_dev_name: 'tap' },
      misshapen('unknown field `host_dev_name`'),
    ),
  ),
]

/** The metadata service's store, which is there before it is configured. */
export const metadataCases: readonly Case[] = [
  harmless('there is no metadata at first', () => call('GET /mmds', gives({}))),
  calls('metadata is put, patched, and told', () => [
    call('PUT /mmds', { a: { b: 1, c: 2 } }, done),
    call('PATCH /mmds', { a: { b: null, d: [3] } }, done),
    call('GET /mmds', gives({ a: { c: 2, d: [3] } })),
    call('PUT /mmds', { other: 'x' }, done),
    call('GET /mmds', gives({ other: 'x' })),
    call('GET /vm/config', gives(DEFAULT_CONFIG)),
  ]),
  harmless('metadata is put before it is patched', () =>
    call('PATCH /mmds', { a: 1 }, refused('MMDS error: The MMDS data store is not initialized.')),
  ),
  calls('metadata over its limit is refused with 413', () => [
    call('PUT /mmds', { a: 'x'.repeat(30_000) }, done),
    call(
      'PATCH /mmds',
      { b: 'x'.repeat(30_000) },
      {
        status: 413,
        fault: "MMDS limit exceeded error: The MMDS patch request doesn't fit.",
      },
    ),
  ]),
  harmless('metadata that is no JSON is refused', () =>
    call('PUT /mmds', 'nonsense', misshapen('')),
  ),
  harmless('the metadata service wants known interfaces', () =>
    call(
      'PUT /mmds/config',
      { network_interfaces: ['a'] },
      refused(
        'MMMDS config error: The list of network interface IDs provided contains at least one ID that does not correspond to any existing network interface.',
      ),
    ),
  ),
  harmless('the metadata service wants at least one interface', () =>
    call(
      'PUT /mmds/config',
      { network_interfaces: [] },
      refused(
        'MMMDS config error: The list of network interface IDs that allow forwarding MMDS requests is empty.',
      ),
    ),
  ),
  harmless('the metadata service has a link-local address', () =>
    call(
      'PUT /mmds/config',
      { network_interfaces: ['a'], ipv4_address: '10.0.0.1' },
      refused('MMMDS config error: The MMDS IPv4 address is not link local.'),
    ),
  ),
  harmless('the metadata service has two versions', () =>
    call('PUT /mmds/config', { network_interfaces: ['a'], version: 'V3' }, misshapen('`V3`')),
  ),
  harmless('PUT /mmds/other is none', () =>
    call('PUT /mmds/other', {}, refused('Unrecognized PUT request path `other`.')),
  ),
]
