import type { Endpoint } from './endpoints.ts'

type Body = Readonly<Record<string, unknown>>

const isGiven = (value: unknown) => value !== undefined && value !== null

/** By the call, which bodies, as on the wire, Firecracker 1.16 takes and advises against. */
const DEPRECATED: Partial<Readonly<Record<Endpoint, (body: Body) => boolean>>> = {
  'PUT /machine-config': ({ cpu_template }) => isGiven(cpu_template),
  'PATCH /machine-config': ({ cpu_template }) => isGiven(cpu_template),
  'PUT /vsock': ({ vsock_id }) => isGiven(vsock_id),
  // V1 is what it takes an absent version for.
  'PUT /mmds/config': ({ version }) => version !== 'V2',
  'PUT /snapshot/load': ({ mem_file_path, enable_diff_snapshots }) =>
    isGiven(mem_file_path) || enable_diff_snapshots === true,
}

/**
 * Whether the answer to a call, be it done or refused by the machine, has the header
 * `Deprecation: true` (draft-dalal-deprecation-header-03). The body must have its shape.
 */
export function isDeprecated(endpoint: Endpoint, body: unknown): boolean {
  if (typeof body !== 'object' || body === null) return false
  return DEPRECATED[endpoint]?.({ ...body }) === true
}
