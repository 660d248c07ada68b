import type { Endpoint } from './endpoints.ts'
import { type Missing, missingFrom } from './missing-from.ts'
import { INLINE_CPU_CONFIG_SINCE } from './since.ts'
import { isAtLeast } from './version.ts'

/** The call that says the same as a member of a `--config-file`, or as each of its elements. */
const CALLS: Readonly<Record<string, Endpoint>> = {
  'boot-source': 'PUT /boot-source',
  'machine-config': 'PUT /machine-config',
  'cpu-config': 'PUT /cpu-config',
  drives: 'PUT /drives/{id}',
  'network-interfaces': 'PUT /network-interfaces/{id}',
  pmem: 'PUT /pmem/{id}',
  vsock: 'PUT /vsock',
  balloon: 'PUT /balloon',
  'mmds-config': 'PUT /mmds/config',
  entropy: 'PUT /entropy',
  'memory-hotplug': 'PUT /hotplug/memory',
  logger: 'PUT /logger',
  metrics: 'PUT /metrics',
}

/** What `version` lacks of a `--config-file`, as on the wire; the first of several. */
export function missingFromDocument(
  version: string,
  document: Readonly<Record<string, unknown>>,
): Missing | undefined {
  for (const [name, value] of Object.entries(document)) {
    const endpoint = CALLS[name]
    if (endpoint === undefined) continue
    const bodies: readonly unknown[] = Array.isArray(value) ? value : [value]
    for (const body of bodies) {
      const missing = missingFrom(version, endpoint, body)
      if (missing !== undefined) return missing
      if (name !== 'cpu-config' || typeof body === 'string') continue
      if (isAtLeast(version, INLINE_CPU_CONFIG_SINCE)) continue
      return { endpoint, field: 'cpu-config', neededVersion: INLINE_CPU_CONFIG_SINCE }
    }
  }
  return undefined
}
