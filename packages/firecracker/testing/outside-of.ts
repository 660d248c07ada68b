import { join } from 'node:path'
import type { VmmApiRequest } from '../src/server/vmm-api.ts'

/** The fields of requests that are paths of files. */
const PATHS = new Set([
  ...['kernel_image_path', 'initrd_path', 'path_on_host', 'uds_path'],
  ...['log_path', 'metrics_path', 'serial_out_path'],
])

/** A request of a jailed VMM with the paths by which the host knows the files. */
export function outsideOf(jailRoot: string | undefined, request: VmmApiRequest): VmmApiRequest {
  if (jailRoot === undefined || request.body === '') return request
  const body: unknown = JSON.parse(request.body, (key, value: unknown) => {
    return PATHS.has(key) && typeof value === 'string' ? join(jailRoot, value) : value
  })
  return { ...request, body: JSON.stringify(body) }
}
