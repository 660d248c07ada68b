import { type ChildProcess, spawn } from 'node:child_process'
import { readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { GuestFiles, HandMade } from './guest-files.ts'

const LOOK_EVERY_MS = 1
/** `__SO_ACCEPTCON` among the flags of /proc/net/unix: the socket listens. */
const LISTENS = 0x1_0000

/**
 * Starts vhost-device-vsock and then QEMU, which connects to it. The machine is the one that
 * vulcan-vmm makes. QEMU ends well when the guest powers off, or would start
 * again: one whose kernel died.
 */
export async function startQemu(
  { libexecDir, guest }: GuestFiles,
  vm: HandMade,
  held: (child: ChildProcess) => ChildProcess,
  signal: AbortSignal,
): Promise<void> {
  const socket = join(vm.directory, 'vhost.sock')
  await rm(socket, { force: true })
  held(
    spawn(
      join(libexecDir, 'vhost-device-vsock'),
      ['--guest-cid', '3', '--uds-path', vm.udsPath, '--socket', socket],
      { stdio: 'ignore' },
    ),
  )
  await listening(socket, signal)
  const args = qemuArguments(vm, socket, guest.isolation === 'emulated')
  held(spawn('qemu-system-x86_64', args, { stdio: 'ignore' }))
}

function qemuArguments(vm: HandMade, socket: string, isEmulated: boolean): string[] {
  const { kernel, initrd, rootfs, scratch, commandLine, memMib, vcpus } = vm
  const accelerator = isEmulated
    ? ['-accel', 'tcg,thread=multi,tb-size=256', '-cpu', 'max']
    : ['-accel', 'kvm', '-cpu', 'host']
  return [
    ...['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot', '-serial', 'null'],
    ...['-sandbox', 'on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny'],
    ...['-machine', 'microvm,acpi=on,rtc=on,ioapic2=off,memory-backend=memory'],
    ...accelerator,
    ...['-smp', String(vcpus), '-m', `${memMib}M`],
    ...['-object', `memory-backend-memfd,id=memory,size=${memMib}M,share=on`],
    ...['-kernel', kernel, '-initrd', initrd, '-append', commandLine],
    ...drive('root', rootfs, 'readonly=on,file.locking=off', 7),
    ...drive('scratch', scratch, 'cache.no-flush=on', 6),
    ...['-chardev', `socket,id=vsock,path=${socket}`],
    ...['-device', 'vhost-user-vsock-device,chardev=vsock,bus=virtio-mmio-bus.5'],
  ]
}

/** The guest finds the buses in falling order. */
function drive(id: string, file: string, options: string, bus: number): string[] {
  return [
    ...['-drive', `id=${id},file=${file},format=raw,if=none,${options}`],
    ...['-device', `virtio-blk-device,drive=${id},bus=virtio-mmio-bus.${bus}`],
  ]
}

/** To find out by connecting would use it up: it serves one connection. */
async function listening(path: string, signal: AbortSignal): Promise<void> {
  while (!(await isThere(path)) || !(await listens(path))) {
    await delay(LOOK_EVERY_MS, undefined, { signal })
  }
}

async function isThere(path: string): Promise<boolean> {
  return (await stat(path, { throwIfNoEntry: false })) !== undefined
}

async function listens(path: string): Promise<boolean> {
  const table = await readFile('/proc/net/unix', 'utf8')
  return table.split('\n').some((line) => {
    const [, , , flags = '0'] = line.split(/ +/)
    return line.endsWith(path) && (Number.parseInt(flags, 16) & LISTENS) !== 0
  })
}
