import type { Endpoint } from './endpoints.ts'

/** The first version that has a call, and the first that has each later field of its body. */
export interface Since {
  readonly endpoint?: string
  /** By their names on the wire, outermost level. */
  readonly fields?: Readonly<Record<string, string>>
}

/**
 * What came after Firecracker 1.0.0, from the OpenAPI document of every release and, where that is
 * wrong (`imds_compat` was misspelled, DELETE is missing), from CHANGELOG and source.
 */
export const SINCE: Partial<Readonly<Record<Endpoint, Since>>> = {
  'PUT /machine-config': { fields: { huge_pages: '1.7.0' } },
  'PATCH /machine-config': { fields: { huge_pages: '1.7.0' } },
  'PUT /cpu-config': {
    endpoint: '1.4.0',
    fields: { kvm_capabilities: '1.5.0', vcpu_features: '1.5.0' },
  },
  'PUT /drives/{id}': { fields: { socket: '1.6.0' } },
  'DELETE /drives/{id}': { endpoint: '1.16.0' },
  'PUT /pmem/{id}': { endpoint: '1.14.0', fields: { rate_limiter: '1.16.0' } },
  'PATCH /pmem/{id}': { endpoint: '1.16.0' },
  'DELETE /pmem/{id}': { endpoint: '1.16.0' },
  'PUT /network-interfaces/{id}': { fields: { mtu: '1.16.0' } },
  'DELETE /network-interfaces/{id}': { endpoint: '1.16.0' },
  'PUT /entropy': { endpoint: '1.4.0' },
  'PUT /serial': { endpoint: '1.14.0', fields: { rate_limiter: '1.16.0' } },
  'PUT /logger': { fields: { module: '1.6.0' } },
  'PUT /balloon': { fields: { free_page_hinting: '1.14.0', free_page_reporting: '1.14.0' } },
  'GET /balloon/hinting/status': { endpoint: '1.14.0' },
  'PATCH /balloon/hinting/start': { endpoint: '1.14.0' },
  'PATCH /balloon/hinting/stop': { endpoint: '1.14.0' },
  'GET /hotplug/memory': { endpoint: '1.14.0' },
  'PUT /hotplug/memory': { endpoint: '1.14.0' },
  'PATCH /hotplug/memory': { endpoint: '1.14.0' },
  'PUT /mmds/config': { fields: { imds_compat: '1.13.0' } },
  'PUT /snapshot/load': {
    fields: {
      mem_backend: '1.1.0',
      network_overrides: '1.12.0',
      track_dirty_pages: '1.13.0',
      vsock_override: '1.16.0',
      clock_realtime: '1.16.0',
    },
  },
}

/** A device can be plugged into a running machine (with `--enable-pci`) from this version on. */
export const PLUG_SINCE = '1.16.0'

/** A `--config-file` took only the path of a CPU template before this version. */
export const INLINE_CPU_CONFIG_SINCE = '1.13.0'
