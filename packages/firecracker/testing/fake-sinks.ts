import { closeSync, constants, openSync, writeSync } from 'node:fs'
import { hasErrno } from '@vulcan/schema'
import type { Logger, Metrics } from '../src/schemas/sinks.ts'
import { Fault, osErrorText } from '../src/server/fault.ts'

/** What a fake VM writes of itself: a log line for each call, and a line of metrics when asked. */
export class FakeSinks {
  readonly #vmId: string
  #log: { readonly fd: number; readonly showLevel: boolean; readonly silent: boolean } | undefined
  #metrics: number | undefined
  /** Since the last line of metrics, as Firecracker counts. */
  #counted = { 'GET /': 0, 'PUT /actions': 0 }

  constructor(vmId: string) {
    this.#vmId = vmId
  }

  configureLog({ logPath, level = 'Info', showLevel = false }: Logger): void {
    if (logPath === undefined) return
    this.#closeLog()
    const silent = level === 'Off' || level === 'Error' || level === 'Warn'
    this.#log = { fd: openLikeFirecracker(logPath, 'Logger'), showLevel, silent }
  }

  configureMetrics({ metricsPath }: Metrics): void {
    this.#metrics = openLikeFirecracker(metricsPath, 'Metrics')
  }

  logCall(call: string): void {
    if (call === 'GET /' || call === 'PUT /actions') this.#counted[call] += 1
    if (this.#log === undefined || this.#log.silent) return
    const time = `${new Date().toISOString().slice(0, -1)}000000`
    const level = this.#log.showLevel ? ':INFO' : ''
    const message = `The API server received a request: ${call}.`
    write(this.#log.fd, `${time} [${this.#vmId}:fc_api${level}] ${message}\n`)
  }

  flushMetrics(): void {
    if (this.#metrics === undefined) return
    const line = {
      utc_timestamp_ms: Date.now(),
      api_server: { process_startup_time_us: 1 },
      get_api_requests: { instance_info_count: this.#counted['GET /'] },
      put_api_requests: { actions_count: this.#counted['PUT /actions'] },
      latencies_us: { pause_vm: 0 },
      vmm: { panic_count: 0 },
      block: { read_agg: { min_us: 0, max_us: 0, sum_us: 0 } },
    }
    write(this.#metrics, `${JSON.stringify(line)}\n`)
    this.#counted = { 'GET /': 0, 'PUT /actions': 0 }
  }

  /** As Firecracker at its end, which is seen as the end of a FIFO. */
  close(): void {
    this.#closeLog()
    if (this.#metrics !== undefined) closeSync(this.#metrics)
    this.#metrics = undefined
  }

  #closeLog(): void {
    if (this.#log !== undefined) closeSync(this.#log.fd)
    this.#log = undefined
  }
}

function openLikeFirecracker(path: string, what: 'Logger' | 'Metrics'): number {
  const { O_RDWR, O_CREAT, O_NONBLOCK, O_APPEND } = constants
  try {
    return openSync(path, O_RDWR | O_CREAT | O_NONBLOCK | O_APPEND, 0o644)
  } catch (error) {
    throw new Fault(`${what} error: ${osErrorText(error)}`, { cause: error })
  }
}

/** A FIFO that nobody reads takes no more at some time, and what does not fit is lost. */
function write(fd: number, line: string): void {
  try {
    writeSync(fd, line)
  } catch (error) {
    if (!hasErrno(error, 'EAGAIN')) throw error
  }
}
