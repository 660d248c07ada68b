import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { Totals } from '../support/totals.ts'

const MEMORY_MIB = 8192
/**
 * With AMD's virtualization, the one that QEMU emulates. By its family kernels take it for one without
 * the faults of later ones, whose mitigations would cost a third of the speed here.
 */
const PROCESSOR = 'EPYC-Milan,+svm,+npt,family=18'
/**
 * The counter is this machine's own, so no slower clock is needed to watch it; and on a busy machine a
 * timer that is looked at for ten ticks seems not to work. The second processor is started by
 * host-init.sh, which says why.
 */
const KERNEL_ARGUMENTS =
  'console=ttyS0 quiet panic=-1 mitigations=off tsc=reliable no_timer_check maxcpus=1'
const CONSOLE_LINES_SHOWN = 40

/** A nested host that ended without saying how its tests did: its deadline, or a kernel's end. */
export class NestedHostError extends Error {}

/** How the tests of a nested host went. */
export interface NestedResult {
  readonly exitCode: number
  readonly totals: Totals
}

export interface NestedHostOptions {
  /** Kernel, initrd and disk, as set-up made them. */
  readonly image: string
  /** QEMU, as set-up brought it. */
  readonly emulator: string
  /** What is mounted after its disk, in this order. Each host finds them as they were made. */
  readonly drives: readonly string[]
  /** That one of the drives in which what is written stays, if there is one. */
  readonly kept?: string | undefined
  /** Which part of the files it runs, from 1 on. */
  readonly part: number
  /** An empty directory for what it says. */
  readonly directory: string
  readonly signal: AbortSignal
}

/**
 * Boots the nested host, passes on what it prints, and resolves to how its tests went. It has no
 * network device. QEMU ends with this process. Throws the signal's reason, or `NestedHostError`.
 */
export async function runNestedHost(options: NestedHostOptions): Promise<NestedResult> {
  const { directory, signal } = options
  signal.throwIfAborted()
  const command = [...emulatorCommand(options.emulator), ...qemuArguments(options)]
  const qemu = spawn('setpriv', ['--pdeathsig', 'KILL', ...command], {
    stdio: ['ignore', 'inherit', 'pipe'],
    env: { ...process.env, TMPDIR: directory },
  })
  const words = text(qemu.stderr)
  const end = () => qemu.kill('SIGKILL')
  signal.addEventListener('abort', end, { once: true })
  try {
    await once(qemu, 'close')
  } finally {
    signal.removeEventListener('abort', end)
  }
  signal.throwIfAborted()
  const result = await readFile(join(directory, 'result'), 'utf8').catch(() => '')
  const [exitCode, passed, failed, skipped] = result.trim().split(' ').map(Number)
  if (
    exitCode !== undefined &&
    passed !== undefined &&
    failed !== undefined &&
    skipped !== undefined
  )
    return { exitCode, totals: { passed, failed, skipped } }
  const console = await readFile(join(directory, 'console'), 'utf8').catch(() => '')
  const lines = `${await words}\n${console}`.split('\n').filter(isTelling)
  const tail = lines.slice(-CONSOLE_LINES_SHOWN).join('\n')
  const resets = await readFile(join(directory, 'resets'), 'utf8').catch(() => '')
  const cause = resets.includes('Triple fault') ? ' after a triple fault' : ''
  const how = qemu.signalCode === null ? `exit code ${qemu.exitCode}` : `signal ${qemu.signalCode}`
  throw new NestedHostError(
    `the nested host ended before its tests did, QEMU with ${how}${cause}; its console:\n${tail}`,
  )
}

/** QEMU with the libraries and the firmware that came with it. */
function emulatorCommand(emulator: string): string[] {
  const libraries = join(emulator, 'x86_64-linux-gnu')
  return [
    ...[join(libraries, 'ld-linux-x86-64.so.2'), '--library-path'],
    ...[`${libraries}:${join(libraries, 'pulseaudio')}`, join(emulator, 'qemu-system-x86_64')],
    ...['-L', join(emulator, 'seabios'), '-L', join(emulator, 'qemu')],
  ]
}

/** Serial ports: the kernel's console, what the tests print, and their exit code. */
function qemuArguments({ image, drives, kept, part, directory }: NestedHostOptions): string[] {
  return [
    ...['-nodefaults', '-no-user-config', '-no-reboot', '-display', 'none'],
    ...['-M', 'q35', '-accel', 'tcg,thread=multi', '-cpu', PROCESSOR],
    ...['-smp', '2', '-m', String(MEMORY_MIB)],
    ...['-kernel', join(image, 'vmlinuz'), '-initrd', join(image, 'initrd')],
    ...['-append', `${KERNEL_ARGUMENTS} vulcan.part=${part}`],
    ...[join(image, 'disk.ext4'), ...drives].flatMap((path, at) =>
      driveArguments(path, at, path === kept),
    ),
    ...['-d', 'cpu_reset', '-D', join(directory, 'resets')],
    ...['-serial', `file:${join(directory, 'console')}`],
    ...['-serial', 'stdio'],
    ...['-serial', `file:${join(directory, 'result')}`],
  ]
}

/** What is written to others than the kept one is thrown away: another host uses them, too. */
function driveArguments(path: string, at: number, isKept: boolean): string[] {
  const file = `file=${path.replaceAll(',', ',,')},format=raw,if=none,id=drive${at},cache=unsafe`
  const drive = isKept ? file : `${file},snapshot=on`
  return ['-drive', drive, '-device', `virtio-blk-pci,drive=drive${at}`]
}

/** QEMU lists all of a processor's features that it does not emulate. */
const isTelling = (line: string) =>
  line.trim() !== '' && !line.includes("warning: TCG doesn't support requested feature")
