import { stat } from 'node:fs/promises'
import type { Logger, Metrics } from '../../schemas/sinks.ts'
import { checkCanOpen } from './check-can-open.ts'

export async function checkLogger({ logPath }: Logger): Promise<void> {
  if (logPath === undefined) return
  await checkSink(logPath, (reason) => `Logger error: Failed to open target file: ${reason}`)
}

export async function checkMetrics({ metricsPath }: Metrics): Promise<void> {
  await checkSink(metricsPath, (reason) => {
    return `Metrics error: Cannot initialize the metrics system due to bad user input: ${reason}`
  })
}

/** A FIFO is left to whoever writes to it: to open and close it here would be its reader's end. */
async function checkSink(path: string, message: (reason: string) => string): Promise<void> {
  if (!(await isFifo(path))) await checkCanOpen(path, 'create', message)
}

async function isFifo(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFIFO()
  } catch {
    // What is wrong with it is told by the attempt to open it.
    return false
  }
}
