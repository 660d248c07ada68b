import { join } from 'node:path'
import type { Layout } from '@vulcan/backend-firecracker'

/** The database of API keys: apart from the workloads', which a running server has for itself. */
export function keysPath({ homeDir }: Pick<Layout, 'homeDir'>): string {
  return join(homeDir, 'keys.db')
}
