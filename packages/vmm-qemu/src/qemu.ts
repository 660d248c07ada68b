import { Duplex } from 'node:stream'
import type { MachineConfiguration } from '@vulcan/firecracker/api'
import { ChildProgram } from './child-program.ts'
import { whenAborted, withDeadline } from './deadline.ts'
import { ProgramEndedError } from './errors.ts'
import { launchArguments } from './jail.ts'
import type { MachineHost } from './machine-host.ts'
import { Monitor, type MonitorEvent } from './monitor.ts'
import { MONITOR_FD, qemuArguments } from './qemu-arguments.ts'
import { qemuJail } from './qemu-jail.ts'
import { Restarts } from './restarts.ts'
import { tscKhz } from './tsc-frequency.ts'

const START_DEADLINE_MS = 60_000
const EXPLANATION_TIMEOUT_MS = 2_000
/** A guest whose kernel measured its timer wrong so often does not get the time that it needs. */
const RESTARTS_MAX = 10

/** A running QEMU. Its console is this program's stdout. Disposing ends it. */
export interface Qemu extends AsyncDisposable {
  readonly ended: AbortSignal
  /** Why the guest ended the machine (`guest-reset`, `guest-shutdown`); undefined while it runs. */
  readonly guestEnd: string | undefined
  /**
   * Stops the whole process. QEMU's own way (`stop`) would take the vsock device down meanwhile, and
   * vhost-device-vsock 0.3 serves nobody any more when a connection was tried then.
   */
  pause(): void
  resume(): void
}

/**
 * Starts QEMU in its jail and resolves when the guest's CPUs run.
 *
 * Throws `ProgramEndedError` (`program_ended`), `DeadlineError` (`deadline`), `MonitorError`
 * (`monitor`), `Fault` for what QEMU cannot honour, and the reason of `signal`; nothing is left
 * then.
 */
export async function startQemu(
  configuration: MachineConfiguration,
  host: MachineHost,
  vhostUserPath: string | undefined,
  signal: AbortSignal,
): Promise<Qemu> {
  const { launch, qemu } = host.programs
  const isEmulated = host.accelerator === 'tcg'
  const khz = isEmulated ? await tscKhz(launch, host.runDir.path, signal) : undefined
  const args = qemuArguments(configuration, host.accelerator, khz)
  const jail = await qemuJail(configuration, host, vhostUserPath)
  await using stack = new AsyncDisposableStack()
  const program = stack.use(
    new ChildProgram({
      name: 'QEMU',
      launchPath: launch,
      launchArgs: launchArguments(jail, process.pid, qemu, args),
      stdout: 'inherit',
      more: ['pipe'],
    }),
  )
  let shutdown: MonitorEvent | undefined
  const restarts = new Restarts(isEmulated ? RESTARTS_MAX : 0)
  const monitor = new Monitor(monitorStream(program), (event) => {
    if (restarts.handle(event, monitor) || event.name !== 'SHUTDOWN') return
    shutdown ??= event
    // It would be paused for ever.
    program.process.kill('SIGTERM')
  })
  await connect(monitor, program, signal)
  restarts.prepare(monitor)
  const running = stack.move()
  return {
    ended: program.ended,
    get guestEnd() {
      return guestEndOf(program, shutdown)
    },
    pause: () => program.process.kill('SIGSTOP'),
    resume: () => program.process.kill('SIGCONT'),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

async function connect(
  monitor: Monitor,
  program: ChildProgram,
  signal: AbortSignal,
): Promise<void> {
  using deadline = withDeadline('the start of QEMU', START_DEADLINE_MS, [signal, program.ended])
  try {
    await monitor.connected(deadline.signal)
  } catch (error) {
    // A QEMU that ends closes its monitor first, and then has said why.
    const patience = AbortSignal.timeout(EXPLANATION_TIMEOUT_MS)
    await whenAborted(AbortSignal.any([deadline.signal, patience]))
    if (endedWell(program)) return
    throw program.ended.aborted ? program.ended.reason : error
  }
}

function monitorStream({ process }: ChildProgram): Duplex {
  const stream = process.stdio[MONITOR_FD]
  if (stream instanceof Duplex) return stream
  throw new TypeError('QEMU was started without a monitor')
}

/**
 * An end that the host brought about, such as by a signal, is none of the guest's.
 *
 * A guest that is quicker than the monitor's first command is told to nobody, and then QEMU ends
 * well without a word.
 */
function guestEndOf(program: ChildProgram, shutdown: MonitorEvent | undefined): string | undefined {
  if (shutdown === undefined) return endedWell(program) ? 'guest-reset' : undefined
  return shutdown.data['guest'] === true ? String(shutdown.data['reason']) : undefined
}

function endedWell({ ended }: ChildProgram): boolean {
  return ended.reason instanceof ProgramEndedError && ended.reason.exitCode === 0
}
