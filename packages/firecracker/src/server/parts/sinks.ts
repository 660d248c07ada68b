import type { Logger, Metrics } from '../../schemas/sinks.ts'
import { checkCanOpen } from './check-can-open.ts'

export async function checkLogger({ logPath }: Logger): Promise<void> {
  if (logPath === undefined) return
  await checkCanOpen(logPath, 'create', (reason) => {
    return `Logger error: Failed to open target file: ${reason}`
  })
}

export async function checkMetrics({ metricsPath }: Metrics): Promise<void> {
  await checkCanOpen(metricsPath, 'create', (reason) => {
    return `Metrics error: Cannot initialize the metrics system due to bad user input: ${reason}`
  })
}
