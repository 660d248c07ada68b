import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os'
import { promisify } from 'node:util'
import { ROOT } from '../places.ts'
import type { Guest } from './guest.ts'

/** On what all this was measured. */
export interface MachineFacts {
  readonly cpu: string
  readonly cores: number
  readonly memoryMib: number
  readonly kernel: string
  readonly system: string
  /** That this machine is itself a guest, as the processor says. */
  readonly isVirtual: boolean
  /** Of the minute before: what else was at work. */
  readonly loadAtStart: number
  readonly node: string
  /** Of Vulcan; `+` where files differ from it. */
  readonly commit: string
  readonly vmm: string
  readonly isolation: Guest['isolation']
  /** What the guest's kernel was told. */
  readonly guestCommandLine: string
}

/** Of the minute before, as uptime(1) says it: to be asked for before anything of our own is at work. */
export function loadNow(): number {
  return Math.round((loadavg()[0] ?? 0) * 100) / 100
}

export async function machineFacts(guest: Guest, loadAtStart: number): Promise<MachineFacts> {
  const cpuInfo = await readFile('/proc/cpuinfo', 'utf8')
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryMib: Math.round(totalmem() / 1024 ** 2),
    kernel: release(),
    system: await systemName(),
    isVirtual: /^flags\s*:.* hypervisor( |$)/m.test(cpuInfo),
    loadAtStart,
    node: process.version,
    commit: await commitOf(ROOT),
    vmm: await vmmName(guest),
    isolation: guest.isolation,
    guestCommandLine: guest.commandLine,
  }
}

async function systemName(): Promise<string> {
  const text = await readFile('/etc/os-release', 'utf8').catch(() => '')
  return /^PRETTY_NAME="?([^"\n]*)/m.exec(text)?.[1] ?? 'unknown'
}

async function commitOf(directory: string): Promise<string> {
  const commit = await wordsOf('git', ['-C', directory, 'rev-parse', '--short=12', 'HEAD'])
  if (commit === undefined) return 'unknown'
  const changes = await wordsOf('git', ['-C', directory, 'status', '--porcelain'])
  return changes === '' ? commit : `${commit}+`
}

async function vmmName({ vmm }: Guest): Promise<string> {
  if (vmm.name !== 'vulcan-vmm') return `${vmm.name} ${vmm.version}`
  const words = await wordsOf('qemu-system-x86_64', ['--version'])
  const qemu = /version ([\d.]+)/.exec(words ?? '')?.[1] ?? 'unknown'
  return `${vmm.name} ${vmm.version}, QEMU ${qemu}`
}

/** What a program writes; undefined where it is not there, or fails. */
async function wordsOf(program: string, args: readonly string[]): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)(program, args)
    return stdout.trim()
  } catch {
    return undefined
  }
}
