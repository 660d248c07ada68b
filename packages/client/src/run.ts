import {
  type IsolationStrength,
  isFinal,
  type Phase,
  type Reason,
  type Runtime,
  type Status,
  type VmmInfo,
} from '@vulcan/schema'
import { Delivery, type Listeners } from './delivery.ts'
import { ApiError, ConnectionError, RunLostError } from './errors.ts'
import { isEnded, kill } from './kill.ts'
import { readLogs } from './logs.ts'
import type { Settings } from './options.ts'
import { submit } from './submit.ts'
import { wait } from './wait.ts'
import type { NewWorkload } from './wire/new-workload.ts'
import type { Workload } from './wire/workload.ts'

export interface RunOptions extends Listeners {
  /** Kills the workload. */
  readonly signal?: AbortSignal | undefined
  readonly idempotencyKey?: string | undefined
}

/** How a workload went. A program that fails is a result, too. */
export interface RunResult {
  readonly id: string
  readonly status: Status
  /** Why it ended: a row of the table of outcomes. */
  readonly reason: Reason
  readonly runtime: Runtime
  /** The program's own, 128+N after signal N; null when it was ended from outside. */
  readonly exitCode: number | null
  /** Decoded; what is no UTF-8 is replaced. */
  readonly stdout: string
  readonly stderr: string
  readonly stdoutBytes: Uint8Array
  readonly stderrBytes: Uint8Array
  /** Whether the program wrote more than `outputLimitBytes`. */
  readonly truncated: { readonly stdout: boolean; readonly stderr: boolean }
  /** In words, empty when there is nothing to say. */
  readonly error: string
  readonly durationMs: number
  /** When each began, counted from the start. */
  readonly phases: readonly { readonly phase: Phase; readonly atMs: number }[]
  readonly vmm: VmmInfo | null
  /** `emulated` is no security boundary. */
  readonly isolationStrength: IsolationStrength | null
}

/** How long an aborted run may take to end its workload. */
const END_MS = 10_000

/** Submits, follows and, when it is aborted, kills. Throws `RunLostError` beside what `submit` throws. */
export async function run(
  settings: Settings,
  workload: NewWorkload,
  options: RunOptions,
): Promise<RunResult> {
  const { signal, idempotencyKey } = options
  signal?.throwIfAborted()
  using late = lateSignal(signal)
  // An aborted submission would leave a workload whose id nobody knows.
  const { id, outputLimitBytes } = await submit(settings, workload, {
    signal: late.signal,
    idempotencyKey,
  })
  const delivery = new Delivery(options, outputLimitBytes)
  try {
    const ended = await follow(settings, id, delivery, options)
    await delivery.complete(ended, signal)
    return resultOf(ended)
  } catch (error) {
    if (!signal?.aborted && isOfServer(error)) throw new RunLostError(id, { cause: error })
    const ended = await end(settings, id)
    if (!signal?.aborted) throw error
    await delivery.complete(ended, late.signal).catch((failure: unknown) => {
      if (failure !== late.signal.reason) throw failure
    })
    return resultOf(ended)
  }
}

async function follow(
  settings: Settings,
  id: string,
  delivery: Delivery,
  { signal, onStdout, onStderr, onPhase }: RunOptions,
): Promise<Workload> {
  if (onStdout === undefined && onStderr === undefined && onPhase === undefined) {
    return wait(settings, id, signal)
  }
  for await (const event of readLogs(settings, id, { signal })) {
    await delivery.event(event, signal)
  }
  return wait(settings, id, signal)
}

/** Ends a workload that nobody waits for any more, and says how it ended. */
async function end(settings: Settings, id: string): Promise<Workload> {
  const signal = AbortSignal.timeout(END_MS)
  try {
    const ended = await kill(settings, id, signal).catch((error: unknown) => {
      if (!isEnded(error)) throw error
    })
    const isWhole = ended !== undefined && isFinal(ended.status) && ended.stdout !== null
    return isWhole ? ended : await wait(settings, id, signal)
  } catch (cause) {
    throw new RunLostError(id, { cause })
  }
}

function isOfServer(error: unknown): boolean {
  return error instanceof ApiError || error instanceof ConnectionError
}

/** Aborts some time after the signal has. */
function lateSignal(
  signal: AbortSignal | undefined,
): Disposable & { readonly signal: AbortSignal } {
  const controller = new AbortController()
  let timer: ReturnType<typeof setTimeout> | undefined
  const onAbort = () => {
    timer = setTimeout(() => controller.abort(signal?.reason), END_MS)
  }
  signal?.addEventListener('abort', onAbort, { once: true })
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
    },
  }
}

function resultOf(workload: Workload): RunResult {
  const { id, status, reason, runtime, exitCode, error, vmm, isolationStrength } = workload
  const stdoutBytes = workload.stdout ?? new Uint8Array()
  const stderrBytes = workload.stderr ?? new Uint8Array()
  const decoder = new TextDecoder()
  return {
    ...{ id, status, runtime, exitCode, error, vmm, isolationStrength },
    reason: reason ?? 'internal',
    ...{ stdoutBytes, stderrBytes },
    stdout: decoder.decode(stdoutBytes),
    stderr: decoder.decode(stderrBytes),
    truncated: workload.truncated ?? { stdout: false, stderr: false },
    durationMs: workload.durationMs ?? 0,
    phases: workload.phases ?? [],
  }
}
