import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable, Writable } from 'node:stream'
import { hostProgram } from './host-programs.ts'

const STDERR_TAIL_BYTES = 4 * 1024
const STDOUT_LIMIT_BYTES = 64 * 1024

/** So that it is this process that says why a program was ended. */
const ORPHAN_MARGIN_MS = 1_000

/** Executes a program unless its parent, given first, died before it was asked to be noticed. */
const UNLESS_ORPHAN = '[ "$PPID" = "$0" ] || exit 125; exec "$@"'

export interface ProgramRun {
  readonly path: string
  readonly args?: readonly string[]
  /** Its standard input. */
  readonly input?: string
  /** Its whole environment. */
  readonly env: Readonly<Record<string, string>>
  readonly deadlineMs: number
  readonly signal?: AbortSignal | undefined
  /**
   * What becomes of it when this process dies. Default: `killed`, or it would go on making what a
   * recovery is already releasing; `finishes` is for one that itself releases, within its deadline.
   */
  readonly ifWeDie?: 'killed' | 'finishes'
}

export interface ProgramReport {
  readonly end:
    | { readonly type: 'exited'; readonly exitCode: number }
    | { readonly type: 'signalled'; readonly signal: string }
    | { readonly type: 'timed_out'; readonly deadlineMs: number }
    | { readonly type: 'flooded'; readonly limitBytes: number }
  readonly stdout: string
  /** The last 4 KiB. */
  readonly stderr: string
}

/**
 * Runs a program to its end, without a shell, in a process group that is killed at the deadline, on
 * abort, and when more than 64 KiB come on standard output.
 *
 * Throws the signal's reason, after the kill.
 */
export async function runProgram(run: ProgramRun): Promise<ProgramReport> {
  run.signal?.throwIfAborted()
  const [guard, guardArgs] = await guardOf(run)
  const child = spawn(guard, [...guardArgs, run.path, ...(run.args ?? [])], {
    cwd: '/',
    env: run.env,
    detached: true,
    stdio: 'pipe',
  })
  give(child.stdin, run.input ?? '')
  const flood = new AbortController()
  const stdout = collect(child.stdout, () => flood.abort())
  const stderr = tail(child.stderr)
  const end = await endOf(child, run, flood.signal)
  run.signal?.throwIfAborted()
  return { end, stdout: stdout(), stderr: stderr() }
}

/** In words, to follow the program's name. */
export function describeEnd(end: ProgramReport['end']): string {
  switch (end.type) {
    case 'exited':
      return `exited with code ${end.exitCode}`
    case 'signalled':
      return `was ended by ${end.signal}`
    case 'timed_out':
      return `had not ended after ${end.deadlineMs} ms`
    case 'flooded':
      return `wrote more than ${end.limitBytes} bytes`
  }
}

/** Who sees to a program's end when this process cannot; a little later than this process would. */
async function guardOf({ ifWeDie, deadlineMs }: ProgramRun): Promise<[string, readonly string[]]> {
  if (ifWeDie === 'finishes') {
    const seconds = (deadlineMs + ORPHAN_MARGIN_MS) / 1000
    return [await hostProgram('timeout'), ['--signal', 'KILL', String(seconds)]]
  }
  const unlessOrphan = ['/bin/sh', '-c', UNLESS_ORPHAN, String(process.pid)]
  return [await hostProgram('setpriv'), ['--pdeathsig', 'KILL', '--', ...unlessOrphan]]
}

function give(stdin: Writable, input: string): void {
  // A program may end without reading its input; how it ended tells enough.
  stdin.once('error', () => stdin.destroy())
  stdin.end(input)
}

function collect(stream: Readable, onFlood: () => void): () => string {
  const chunks: Buffer[] = []
  let lengthBytes = 0
  stream.on('data', (chunk: Buffer) => {
    lengthBytes += chunk.length
    if (lengthBytes > STDOUT_LIMIT_BYTES) onFlood()
    else chunks.push(chunk)
  })
  return () => Buffer.concat(chunks).toString()
}

function tail(stream: Readable): () => string {
  let kept: Buffer = Buffer.alloc(0)
  stream.on('data', (chunk: Buffer) => {
    kept = Buffer.concat([kept, chunk]).subarray(-STDERR_TAIL_BYTES)
  })
  return () => kept.toString().trim()
}

async function endOf(
  child: ChildProcess,
  { deadlineMs, signal }: ProgramRun,
  flood: AbortSignal,
): Promise<ProgramReport['end']> {
  const deadline = AbortSignal.timeout(deadlineMs)
  const stop = AbortSignal.any(signal ? [signal, deadline, flood] : [deadline, flood])
  const kill = () => killGroup(child)
  stop.addEventListener('abort', kill, { once: true })
  // One that was aborted before, while the program was looked up, tells nobody any more.
  if (stop.aborted) kill()
  try {
    // Not "exit": output may follow it. Until then somebody may live, and keep the group's number.
    const [exitCode, exitSignal] = await once(child, 'close')
    if (flood.aborted) return { type: 'flooded', limitBytes: STDOUT_LIMIT_BYTES }
    if (deadline.aborted) return { type: 'timed_out', deadlineMs }
    return exitSignal === null
      ? { type: 'exited', exitCode }
      : { type: 'signalled', signal: exitSignal }
  } finally {
    stop.removeEventListener('abort', kill)
  }
}

/** Also lets go of the pipes: a process that left the group may hold them for ever. */
function killGroup(child: ChildProcess): void {
  for (const stream of child.stdio) stream?.destroy()
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
