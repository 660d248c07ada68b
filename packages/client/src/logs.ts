import { LogRecord, type OutputStream } from '@vulcan/schema'
import { ConnectionError } from './errors.ts'
import { readBody } from './http/body.ts'
import { exchange } from './http/exchange.ts'
import { checkJson } from './http/json.ts'
import { readLines } from './http/lines.ts'
import { Patience } from './http/retry.ts'
import type { Settings } from './options.ts'
import { decodeLogRecord, type LogEvent } from './wire/log-event.ts'
import { workloadPath } from './workload-path.ts'

export interface LogsOptions {
  /** Whether to wait for what is still to come, until the workload has ended (default true). */
  readonly follow?: boolean | undefined
  /** Output of this stream alone. */
  readonly stream?: OutputStream | undefined
  /** The `seq` of the last event that is known already. */
  readonly after?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/** An event has at most 64 KiB of output, and `done` has the words of an error. */
const LINE_BYTES_MAX = 1024 * 1024
/** A server that lives says so every 15 s. */
const SILENCE_MS = 45_000

/** Where a reader is, across connections. */
interface Position {
  afterSeq: number
  /** With connections on which nothing is heard. */
  readonly patience: Patience
}

/**
 * The events of a workload, each once and in order, over as many connections as it takes. A
 * connection that is lost, or silent for 45 s, is opened again; not for ever, if nothing is heard.
 */
export async function* readLogs(
  settings: Settings,
  id: string,
  options: LogsOptions,
): AsyncGenerator<LogEvent, void, undefined> {
  const { follow = true, stream, signal } = options
  const position = { afterSeq: options.after ?? -1, patience: new Patience(settings.retryMs) }
  for (;;) {
    let failure: unknown
    try {
      for await (const event of readConnection(settings, id, position, { follow, signal })) {
        if (event.type !== 'output' || event.stream === (stream ?? event.stream)) yield event
        if (event.type === 'done') return
      }
      failure = new ConnectionError('connection_lost', 'the log was cut off')
    } catch (error) {
      failure = error
    }
    await position.patience.pause(failure, signal)
  }
}

/** What one connection gives beyond what is known. */
async function* readConnection(
  settings: Settings,
  id: string,
  position: Position,
  { follow, signal }: Required<Pick<LogsOptions, 'follow'>> & Pick<LogsOptions, 'signal'>,
): AsyncGenerator<LogEvent, void, undefined> {
  const after = position.afterSeq < 0 ? undefined : position.afterSeq
  const path = workloadPath(id, '/logs', { follow: follow ? 1 : 0, after })
  const accept = 'application/x-ndjson'
  const response = await exchange(settings, { method: 'GET', path, accept, signal })
  const body = readBody(response.body, { silenceMs: SILENCE_MS }, signal)
  for await (const line of readLines(body, LINE_BYTES_MAX)) {
    const record = checkJson(line, LogRecord)
    position.patience.renew()
    if (record.type === 'heartbeat') continue
    if (record.type !== 'done') {
      if (record.seq <= position.afterSeq) continue
      if (record.seq > position.afterSeq + 1) {
        throw new ConnectionError('answer_invalid', `the log has no event ${position.afterSeq + 1}`)
      }
      position.afterSeq = record.seq
    }
    yield decodeLogRecord(record)
  }
}
