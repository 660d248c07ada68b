import { join, resolve } from 'node:path'
import { FakeFirecracker } from '@vulcan/firecracker/testing'
import { VM_USER } from '../../support/vmm-under-test.ts'
import type { VmmKind } from './vmm.ts'

const libexec =
  process.env['VULCAN_LIBEXEC'] ?? resolve(import.meta.dirname, '../../../dist/libexec')
const isRoot = process.getuid?.() === 0

/** vulcan-vmm as it is built: with QEMU, in software. */
export function vulcanVmm(runDir: string): VmmKind {
  const identity = isRoot ? ['--uid', String(VM_USER), '--gid', String(VM_USER)] : []
  return {
    name: 'vulcan-vmm',
    command: [join(libexec, 'vulcan-vmm'), ...identity],
    env: { ...process.env, VULCAN_LIBEXEC: libexec, VULCAN_RUN: runDir },
    bootsLinux: true,
    ...(isRoot ? { user: VM_USER } : {}),
  }
}

/** The real program at `path`. */
export function firecracker(path: string, { bootsLinux }: { bootsLinux: boolean }): VmmKind {
  return { name: 'firecracker', command: [path], env: process.env, bootsLinux }
}

/** The fake, which executes no guest: it does what the guest that was started would do. */
export function fake(): VmmKind & AsyncDisposable {
  const program = new FakeFirecracker()
  return {
    name: 'fake',
    command: [program.binary],
    env: process.env,
    bootsLinux: true,
    play(pid, guest) {
      if (guest === 'reboots') program.vms.find((vm) => vm.pid === pid)?.exit(0)
    },
    [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
  }
}
