import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'

const MEMORY_MIB = 8192
const CONSOLE_LINES_SHOWN = 40

/** A nested host that ended without saying how its tests did: its deadline, or a kernel's end. */
export class NestedHostError extends Error {}

export interface NestedHostOptions {
  /** Kernel, initrd and disk, as set-up made them. */
  readonly image: string
  /** What is mounted after its disk, in this order; the last one is writable. */
  readonly drives: readonly string[]
  /** An empty directory for what it says. */
  readonly directory: string
  readonly signal: AbortSignal
}

/**
 * Boots the nested host, passes on what it prints, and resolves to the exit code of its tests. It has
 * no network device. QEMU ends with this process. Throws the signal's reason, or `NestedHostError`.
 */
export async function runNestedHost(options: NestedHostOptions): Promise<number> {
  const { directory, signal } = options
  signal.throwIfAborted()
  const qemu = spawn(
    'setpriv',
    ['--pdeathsig', 'KILL', 'qemu-system-x86_64', ...qemuArguments(options)],
    { stdio: ['ignore', 'inherit', 'pipe'], env: { ...process.env, TMPDIR: directory } },
  )
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
  if (/^\d+\s*$/.test(result)) return Number(result)
  const console = await readFile(join(directory, 'console'), 'utf8').catch(() => '')
  const lines = `${await words}\n${console}`.split('\n').filter(isTelling)
  const tail = lines.slice(-CONSOLE_LINES_SHOWN).join('\n')
  throw new NestedHostError(`the nested host ended before its tests did; its console:\n${tail}`)
}

/** Serial ports: the kernel's console, what the tests print, and their exit code. */
function qemuArguments({ image, drives, directory }: NestedHostOptions): string[] {
  const all = [join(image, 'disk.ext4'), ...drives]
  const last = all.length - 1
  return [
    ...['-nodefaults', '-no-user-config', '-no-reboot', '-display', 'none'],
    ...['-M', 'q35', '-accel', 'tcg,thread=multi', '-cpu', 'EPYC-Milan,+svm,+npt'],
    ...['-smp', '2', '-m', String(MEMORY_MIB)],
    ...['-kernel', join(image, 'vmlinuz'), '-initrd', join(image, 'initrd')],
    ...['-append', 'console=ttyS0 quiet panic=-1'],
    ...all.flatMap((path, at) => driveArguments(path, at, at === 0, at === 0 || at === last)),
    ...['-serial', `file:${join(directory, 'console')}`],
    ...['-serial', 'stdio'],
    ...['-serial', `file:${join(directory, 'result')}`],
  ]
}

/** The host's own disk is shared by all runs, so what is written to it is thrown away. */
function driveArguments(
  path: string,
  at: number,
  isShared: boolean,
  isWritable: boolean,
): string[] {
  const file = `file=${path.replaceAll(',', ',,')},format=raw,if=none,id=drive${at},cache=unsafe`
  const access = isShared ? ',snapshot=on' : isWritable ? '' : ',readonly=on'
  return ['-drive', file + access, '-device', `virtio-blk-pci,drive=drive${at}`]
}

/** QEMU lists all of a processor's features that it does not emulate. */
const isTelling = (line: string) =>
  line.trim() !== '' && !line.includes("warning: TCG doesn't support requested feature")
