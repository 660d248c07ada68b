import { once } from 'node:events'
import { join, resolve } from 'node:path'
import { FakeFirecracker } from '@vulcan/firecracker/testing'
import { VM_USER } from '../../support/vmm-under-test.ts'
import type { TinyGuest } from '../tiny-guest.ts'
import type { VmmKind } from './vmm.ts'

const libexec =
  process.env['VULCAN_LIBEXEC'] ?? resolve(import.meta.dirname, '../../../dist/libexec')
/** Where the agent listens in the guest, and the host when the agent is ready. */
const AGENT_PORT = 1024
/** Software emulation boots in 5 s on a machine that has nothing else to do. */
const BOOT_DEADLINE_MS = 120_000
const isRoot = process.getuid?.() === 0

/** vulcan-vmm as it is built: with QEMU, in software. */
export function vulcanVmm(runDir: string): VmmKind {
  const identity = isRoot ? ['--uid', String(VM_USER), '--gid', String(VM_USER)] : []
  return {
    name: 'vulcan-vmm',
    deadlineMs: 10_000,
    bootDeadlineMs: BOOT_DEADLINE_MS,
    concurrency: 2,
    command: [join(libexec, 'vulcan-vmm'), ...identity],
    env: { ...process.env, VULCAN_LIBEXEC: libexec, VULCAN_RUN: runDir },
    bootsLinux: true,
    ...(isRoot ? { user: VM_USER } : {}),
  }
}

/** The real program at `path`. */
export function firecracker(path: string, { bootsLinux }: { bootsLinux: boolean }): VmmKind {
  return {
    name: 'firecracker',
    command: [path],
    env: process.env,
    bootsLinux,
    deadlineMs: 10_000,
    bootDeadlineMs: BOOT_DEADLINE_MS,
    concurrency: 2,
  }
}

const EXIT_CODES: Partial<Record<TinyGuest, number>> = {
  reboots: 0,
  'speaks-and-reboots': 0,
  crashes: 1,
}

/** The fake, which executes no guest: it does what the guest that was started would do. */
export function fake(): VmmKind & AsyncDisposable {
  const program = new FakeFirecracker({
    readiness: { port: AGENT_PORT, message: Buffer.alloc(0) },
    guestPorts: [AGENT_PORT],
    async guest(connection) {
      await once(connection.resume(), 'close')
    },
  })
  return {
    name: 'fake',
    // It does at once what it does; what it does not do is waited for.
    deadlineMs: 2_000,
    bootDeadlineMs: 2_000,
    concurrency: 12,
    command: [program.binary],
    env: process.env,
    bootsLinux: true,
    play(pid, guest) {
      const exitCode = EXIT_CODES[guest]
      if (exitCode === undefined) return
      program.vms.find((vm) => vm.pid === pid)?.exit(exitCode)
    },
    [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
  }
}
