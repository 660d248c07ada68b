import { BackendView, type OutputStream, Stats as StatsView } from '@vulcan/schema'
import * as z from 'zod'
import type { Call } from './http/exchange.ts'
import { askJson } from './http/json.ts'
import { retrying } from './http/retry.ts'
import { kill } from './kill.ts'
import { type ListOptions, list } from './list.ts'
import { type LogsOptions, readLogs } from './logs.ts'
import { readOptions, type Settings, type VulcanOptions } from './options.ts'
import { openOutput } from './output.ts'
import { type RunOptions, type RunResult, run } from './run.ts'
import { type SubmitOptions, submit } from './submit.ts'
import { get, wait } from './wait.ts'
import { type Backend, decodeBackend, decodeStats, type Stats } from './wire/host.ts'
import type { LogEvent } from './wire/log-event.ts'
import type { NewWorkload } from './wire/new-workload.ts'
import type { Workload } from './wire/workload.ts'

/** What every call takes. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined
}

/** The most backends of one host. */
const BACKENDS_MAX = 100

/**
 * A server of Vulcan. It holds nothing open between calls.
 *
 * Every method throws `ApiError` when the server refuses, `ConnectionError` when there is no answer
 * that can be used, and the signal's reason. What may be done twice is tried again for some seconds:
 * after a lost connection, and when the server says when.
 */
export class Vulcan {
  readonly #settings: Settings

  /** Throws `OptionError`. */
  constructor(options: VulcanOptions = {}) {
    this.#settings = readOptions(options)
  }

  /**
   * Runs a program to its end. A string is Python. Whatever becomes of the program is a result;
   * `RunLostError` says that it is not known. Aborted, it kills the workload and, in at most 10 s,
   * resolves with how that ended.
   */
  run(workload: string | NewWorkload, options: RunOptions = {}): Promise<RunResult> {
    return run(this.#settings, toNewWorkload(workload), options)
  }

  /** Hands a program in, and resolves as soon as the server has it for good. */
  submit(workload: string | NewWorkload, options: SubmitOptions = {}): Promise<Workload> {
    return submit(this.#settings, toNewWorkload(workload), options)
  }

  get(id: string, options: CallOptions = {}): Promise<Workload> {
    return get(this.#settings, id, options)
  }

  /** Workloads, the newest first, fetched page by page as they are taken. */
  list(options: ListOptions = {}): AsyncGenerator<Workload, void, undefined> {
    return list(this.#settings, options)
  }

  /**
   * What happened to a workload, and what happens, each event once and in order. A connection that is
   * lost, or silent for 45 s, is opened again where it was.
   */
  logs(id: string, options: LogsOptions = {}): AsyncGenerator<LogEvent, void, undefined> {
    return readLogs(this.#settings, id, options)
  }

  /** The exact bytes of one stream. */
  output(
    id: string,
    stream: OutputStream,
    options: CallOptions = {},
  ): Promise<ReadableStream<Uint8Array>> {
    return openOutput(this.#settings, id, stream, options.signal)
  }

  /** Resolves when the workload has ended, with its output; however long that takes. */
  wait(id: string, options: CallOptions = {}): Promise<Workload> {
    return wait(this.#settings, id, options.signal)
  }

  /** Ends a workload, waiting or running. Throws `ApiError` `workload_ended` when that is too late. */
  kill(id: string, options: CallOptions = {}): Promise<Workload> {
    return kill(this.#settings, id, options.signal)
  }

  async stats({ signal }: CallOptions = {}): Promise<Stats> {
    const call = { method: 'GET', path: '/v1/stats', signal } as const
    return decodeStats(await this.#ask(call, StatsView))
  }

  async backends({ signal }: CallOptions = {}): Promise<Backend[]> {
    const call = { method: 'GET', path: '/v1/backends', signal } as const
    const views = await this.#ask(call, z.array(BackendView).max(BACKENDS_MAX))
    return views.map(decodeBackend)
  }

  #ask<Schema extends z.ZodType>(call: Call, schema: Schema): Promise<z.output<Schema>> {
    const { retryMs } = this.#settings
    return retrying(() => askJson(this.#settings, call, schema), { retryMs, signal: call.signal })
  }
}

function toNewWorkload(workload: string | NewWorkload): NewWorkload {
  return typeof workload === 'string' ? { runtime: 'python', code: workload } : workload
}
