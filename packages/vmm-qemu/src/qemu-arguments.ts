import { type Entropy, Fault, type MachineConfiguration } from '@vulcan/firecracker/api'
import type { Accelerator } from './command-line.ts'
import { driveArguments } from './drive-arguments.ts'
import { INSIDE } from './inside.ts'
import { kernelArguments } from './kernel-arguments.ts'
import { networkArguments } from './network-arguments.ts'

/** The descriptor on which QEMU finds its monitor. */
export const MONITOR_FD = 3

/** Translated code may grow to this. QEMU's default is a gigabyte; 64 slow a boot down. */
const CODE_CACHE_MIB_MAX = 256

/** What the machine type "microvm" has with one I/O APIC. */
const BUS_COUNT = 8

/**
 * QEMU's arguments for a machine, with all paths as they are inside its jail. The console is on
 * stdout, the monitor (QMP) on descriptor 3. `tscKhz` is given under TCG.
 * Throws `Fault` for what QEMU cannot honour.
 */
export function qemuArguments(
  configuration: MachineConfiguration,
  accelerator: Accelerator,
  tscKhz: number | undefined,
): string[] {
  const { bootSource, machineConfig, drives } = configuration
  const root = drives.find((drive) => drive.isRootDevice)
  const { bootArgs = '' } = bootSource
  return [
    ...['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot'],
    ...['-sandbox', 'on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny'],
    ...['-machine', 'microvm,acpi=on,rtc=on,ioapic2=off,memory-backend=memory'],
    ...acceleratorArguments(accelerator),
    ...['-smp', String(machineConfig.vcpuCount)],
    ...memoryArguments(machineConfig.memSizeMib),
    ...['-kernel', INSIDE.kernel],
    ...(bootSource.initrdPath === undefined ? [] : ['-initrd', INSIDE.initrd]),
    ...['-append', kernelArguments(bootArgs, root, tscKhz)],
    ...['-chardev', 'stdio,id=console,signal=off', '-serial', 'chardev:console'],
    ...['-chardev', `socket,id=monitor,fd=${MONITOR_FD}`, '-mon', 'chardev=monitor,mode=control'],
    ...deviceArguments(configuration),
  ]
}

function acceleratorArguments(accelerator: Accelerator): string[] {
  return accelerator === 'kvm'
    ? ['-accel', 'kvm', '-cpu', 'host']
    : ['-accel', `tcg,thread=multi,tb-size=${CODE_CACHE_MIB_MAX}`, '-cpu', 'max']
}

/** vhost-user needs memory that can be shared. */
function memoryArguments(memSizeMib: number): string[] {
  const memory = { 'qom-type': 'memory-backend-memfd', id: 'memory', share: true }
  const size = memSizeMib * 1024 * 1024
  return ['-m', `${memSizeMib}M`, '-object', JSON.stringify({ ...memory, size })]
}

/**
 * The guest finds the buses in falling order of their numbers (QEMU lists them so in the ACPI
 * tables), so the first device, the root drive, gets the highest.
 */
function deviceArguments(configuration: MachineConfiguration): string[] {
  const { drives, networkInterfaces, vsock, entropy } = configuration
  const count = drives.length + networkInterfaces.length + (vsock ? 1 : 0) + (entropy ? 1 : 0)
  if (count > BUS_COUNT) {
    throw new Fault(`Start microvm error: ${count} devices, the machine has room for ${BUS_COUNT}`)
  }
  const bus = (index: number) => `virtio-mmio-bus.${BUS_COUNT - 1 - index}`
  return [
    ...drives.flatMap((drive, index) => driveArguments(drive, index, bus(index))),
    ...networkInterfaces.flatMap((network, index) =>
      networkArguments(network, index, bus(drives.length + index)),
    ),
    ...(vsock ? vsockArguments(bus(drives.length + networkInterfaces.length)) : []),
    ...(entropy ? entropyArguments(entropy, bus(count - 1)) : []),
  ]
}

function vsockArguments(bus: string): string[] {
  const device = { driver: 'vhost-user-vsock-device', chardev: 'vsock', bus }
  return ['-chardev', `socket,id=vsock,path=${INSIDE.vsock}`, '-device', JSON.stringify(device)]
}

/** Throws `Fault` for a rate limiter that virtio-rng cannot express. */
export function entropyArguments({ rateLimiter }: Entropy, bus: string): string[] {
  const { bandwidth, ops } = rateLimiter ?? {}
  if (ops !== undefined || (bandwidth?.oneTimeBurst ?? 0) > 0) {
    throw new Fault('Entropy device error: only size and refill_time of bandwidth can be honoured')
  }
  const limited = bandwidth !== undefined && bandwidth.size > 0 && bandwidth.refillTime > 0
  const device = {
    driver: 'virtio-rng-device',
    rng: 'rng',
    bus,
    ...(limited ? { 'max-bytes': bandwidth.size, period: bandwidth.refillTime } : {}),
  }
  return ['-object', 'rng-builtin,id=rng', '-device', JSON.stringify(device)]
}
