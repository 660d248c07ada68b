import type { ServeOptions, Service } from './service.ts'

/**
 * Starts a server. What only servers need is loaded here: HTTP and telemetry take more time to load
 * than a command has to start. Throws as `Service.start`.
 */
export async function startService(options: ServeOptions): Promise<Service> {
  const { Service } = await import('./service.ts')
  return Service.start(options)
}
