import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { DeadlinePassed, startDeadline } from '../deadline.ts'
import { JailError } from '../jailer/errors.ts'
import type { Jail } from '../jailer/jail.ts'
import { type JailerOptions, jailerArguments } from '../jailer/jailer-arguments.ts'
import { pinSocket } from '../jailer/pin-socket.ts'
import { checkSocketPath } from '../socket-path.ts'
import { VmmStartError } from './errors.ts'
import { type VmmExit, VmmProcess } from './vmm-process.ts'
import { waitForSocket } from './wait-for-socket.ts'

export interface StartVmmOptions {
  /** `vulcan-launch`, which executes `binary` in place: the child's pid is the VMM's. */
  readonly launchPath: string
  /** `firecracker` or `vulcan-vmm`; with `jail` its `execFile` instead. */
  readonly binary: string
  /** Arguments of `binary` after `--api-sock`. With `--config-file` the machine starts by itself. */
  readonly args?: readonly string[]
  /** Where vulcan-launch writes pid, start time and boot id before anything else; must not exist. */
  readonly recordPath: string
  /** Its directory must exist, the socket must not. With `jail` the host's path of one in its root. */
  readonly apiSocketPath: string
  /**
   * The user of a VMM that is not the caller's: its socket must be of this user, and is from then on
   * not looked up by name, since a VMM that is taken over could put a link there.
   */
  readonly socketOwner?: number
  /** Starts the VMM through the jailer. */
  readonly jail?: JailedStart
  /** The whole environment: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>
  /** More options of `vulcan-launch exec`: cgroup, namespaces, uid, limits. */
  readonly launchArgs?: readonly string[]
  /**
   * Whether the VMM is killed when this process dies (default true). Not so with `jail`: the kernel
   * forgets it when the jailer changes its user (prctl(2), `PR_SET_PDEATHSIG`). Whoever comes after
   * this process has to end what the record names, with `vulcan-launch kill`.
   */
  readonly dieWithParent?: boolean
  /** From the spawn until the API answers. */
  readonly startDeadlineMs: number
  readonly signal?: AbortSignal
  /** Gets the guest's console as it comes; must not throw. */
  readonly onConsole?: (chunk: Uint8Array) => void
}

/** A jail that was made, with all files of the VM in it, and the program that locks the VMM in. */
export interface JailedStart {
  readonly jailerPath: string
  readonly jail: Jail
  /** What the VMM calls its API socket. */
  readonly apiSocketInside: string
  readonly options?: JailerOptions
}

/**
 * Starts a VMM and waits until its API can be connected to.
 *
 * Throws `VmmStartError` (`vmm_start_failed`) when it cannot be spawned, ends first, is too slow, or
 * its socket's directory is missing; `SocketPathError` (`socket_path_too_long`); `JailError`
 * (`jail_entry_refused`) for a socket that is not its own; the reason of `signal`. Nothing of the VMM runs then, or `VmmStillRunningError` (`vmm_still_running`) says so.
 */
export async function startVmm(options: StartVmmOptions): Promise<VmmProcess> {
  checkSocketPath(options.apiSocketPath)
  options.signal?.throwIfAborted()
  using deadline = startDeadline(options.startDeadlineMs, options.signal)
  const vmm = await spawnVmm(options)
  const ended = new AbortController()
  void vmm.exited.then(() => ended.abort(new EndedFirst()))
  const signal = AbortSignal.any([deadline.signal, ended.signal])
  try {
    await waitForSocket(options.apiSocketPath, signal)
    if (options.socketOwner !== undefined) {
      vmm.holdApiSocket(pinSocket(options.apiSocketPath, options.socketOwner))
    }
    return vmm
  } catch (error) {
    // Asked before the shutdown below, after which the process has ended in any case.
    const reason: unknown = signal.aborted ? signal.reason : error
    throw startFailure(reason, await vmm.shutdown(), options)
  }
}

/** The reason for not waiting any longer when the process has ended. */
class EndedFirst extends Error {}

async function spawnVmm(options: StartVmmOptions): Promise<VmmProcess> {
  const { launchPath, binary, args = [], apiSocketPath, onConsole } = options
  const child = spawn(launchPath, launchArguments(options), {
    env: options.env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  if (child.pid === undefined) {
    const [cause] = await once(child, 'error')
    throw new VmmStartError(
      { reason: 'not_spawned', binary, explanation: `cannot be spawned: ${String(cause)}` },
      { cause },
    )
  }
  const startsByItself = args.includes('--config-file')
  return new VmmProcess(child, child.pid, { apiSocketPath, startsByItself, onConsole })
}

function launchArguments(options: StartVmmOptions): string[] {
  const { recordPath, launchArgs = [], dieWithParent = true } = options
  return [
    ...['exec', '--record', recordPath, ...launchArgs],
    // With the pid, a parent that dies before vulcan-launch can look is noticed, too.
    ...(dieWithParent ? [`--die-with-parent=${process.pid}`] : []),
    ...['--', ...command(options), ...(options.args ?? [])],
  ]
}

function command({ binary, apiSocketPath, jail }: StartVmmOptions): string[] {
  if (jail === undefined) return [binary, '--api-sock', apiSocketPath]
  const { jailerPath, apiSocketInside } = jail
  const jailer = [jailerPath, ...jailerArguments(jail.jail, jail.options)]
  return [...jailer, '--api-sock', apiSocketInside]
}

function startFailure(reason: unknown, exit: VmmExit, options: StartVmmOptions): unknown {
  const { binary, startDeadlineMs } = options
  if (reason instanceof EndedFirst) {
    const how = exit.signal ?? `code ${exit.exitCode}`
    const explanation = `ended (${how}) before its API answered`
    return new VmmStartError({ ...exit, reason: 'exited', binary, explanation })
  }
  if (reason instanceof DeadlinePassed) {
    const explanation = `did not open its API socket within ${startDeadlineMs} ms`
    return new VmmStartError({ ...exit, reason: 'deadline', binary, explanation })
  }
  if (options.signal?.aborted === true || reason instanceof JailError) return reason
  const explanation = `cannot be waited for on its API socket: ${String(reason)}`
  return new VmmStartError(
    { ...exit, reason: 'not_watched', binary, explanation },
    { cause: reason },
  )
}
