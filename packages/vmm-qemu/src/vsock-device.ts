import { on } from 'node:events'
import { watch } from 'node:fs'
import { access, readFile, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Vsock } from '@vulcan/firecracker/api'
import { ChildProgram } from './child-program.ts'
import { withDeadline } from './deadline.ts'
import { launchArguments } from './jail.ts'
import type { MachineHost } from './machine-host.ts'

const START_DEADLINE_MS = 20_000
/** Firecracker's vsock has 1023 connections; the rest is for the device itself. */
const OPEN_FILES_MAX = 2048
/** How soon to look again between bind and listen: nothing tells. */
const LISTEN_RETRY_MS = 1
/** `__SO_ACCEPTCON` among the flags of /proc/net/unix: the socket listens. */
const LISTENS = 0x1_0000
const PROGRAM_INSIDE = '/vhost-device-vsock'
const SOCKETS_INSIDE = '/vsock'

/** A running vhost-device-vsock, which has bound the vsock's `uds_path` and waits for QEMU. */
export interface VsockDevice extends AsyncDisposable {
  /** Where QEMU connects to it. */
  readonly vhostUserPath: string
  readonly ended: AbortSignal
}

/**
 * Starts vhost-device-vsock (static, so that it needs no other file) in a jail that shows the
 * directory of `uds_path`, which its user must be able to write in. Disposing ends it and removes
 * both sockets.
 *
 * Throws `ProgramEndedError` (`program_ended`), `DeadlineError` (`deadline`), `Fault` for a path
 * that cannot be used, and the reason of `signal`; nothing is left then.
 */
export async function startVsockDevice(
  vsock: Vsock,
  host: MachineHost,
  signal: AbortSignal,
): Promise<VsockDevice> {
  const vhostUserPath = `${vsock.udsPath}.vhost`
  const launchArgs = deviceArguments(vsock, vhostUserPath, host)
  await using stack = new AsyncDisposableStack()
  stack.defer(async () => {
    await rm(vsock.udsPath, { force: true })
    await rm(vhostUserPath, { force: true })
  })
  const { launch } = host.programs
  const name = 'vhost-device-vsock'
  const program = stack.use(
    new ChildProgram({ name, launchPath: launch, launchArgs, stdout: 'ignore' }),
  )
  await waitUntilListening(program, vhostUserPath, signal)
  const running = stack.move()
  return {
    vhostUserPath,
    ended: program.ended,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

function deviceArguments(vsock: Vsock, vhostUserPath: string, host: MachineHost): string[] {
  const jail = {
    emptyDir: host.runDir.emptyDir,
    identity: host.identity,
    binds: [
      { source: host.programs.vhostDeviceVsock, target: PROGRAM_INSIDE },
      { source: dirname(vsock.udsPath), target: SOCKETS_INSIDE, access: 'rw' as const },
    ],
    openFilesMax: OPEN_FILES_MAX,
  }
  return launchArguments(jail, process.pid, PROGRAM_INSIDE, [
    ...['--guest-cid', String(vsock.guestCid)],
    ...['--uds-path', inside(vsock.udsPath), '--socket', inside(vhostUserPath)],
  ])
}

function inside(path: string): string {
  return join(SOCKETS_INSIDE, basename(path))
}

/**
 * To find out by connecting would use the device up: it serves one connection. So an event tells
 * that the socket is there, and the kernel's list that it listens.
 */
async function waitUntilListening(
  program: ChildProgram,
  path: string,
  signal: AbortSignal,
): Promise<void> {
  const name = 'the start of vhost-device-vsock'
  using deadline = withDeadline(name, START_DEADLINE_MS, [signal, program.ended])
  const watcher = watch(dirname(path))
  try {
    const changes = on(watcher, 'change', { signal: deadline.signal })
    while (!(await exists(path))) await changes.next()
    while (!(await listens(program.process.pid, basename(path)))) {
      await delay(LISTEN_RETRY_MS, undefined, { signal: deadline.signal })
    }
  } catch (error) {
    throw deadline.signal.aborted ? deadline.signal.reason : error
  } finally {
    watcher.close()
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path)
    return true
  } catch {
    return false
  }
}

/** Whether a socket of this name listens in the process's network namespace, which is its own. */
async function listens(pid: number | undefined, name: string): Promise<boolean> {
  try {
    const table = await readFile(`/proc/${pid}/net/unix`, 'utf8')
    return table.split('\n').some((line) => {
      const [, , , flags = '0'] = line.split(/ +/)
      return line.endsWith(`/${name}`) && (Number.parseInt(flags, 16) & LISTENS) !== 0
    })
  } catch {
    // The process has ended, which its own signal tells.
    return false
  }
}
