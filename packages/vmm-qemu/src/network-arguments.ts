import { randomBytes } from 'node:crypto'
import { Fault, type NetworkInterface } from '@vulcan/firecracker/api'

/** The descriptors on which QEMU finds the TAPs begin after its monitor's. */
const TAP_FD_MIN = 4

/** ETH_MIN_MTU of Linux, and what Firecracker takes. */
const MTU_MIN = 68

/** A TAP that vulcan-launch opens, and the descriptor on which QEMU finds it. */
export interface Tap {
  readonly name: string
  readonly fd: number
}

export function tapsOf(interfaces: readonly NetworkInterface[]): Tap[] {
  return interfaces.map(({ hostDevName }, index) => ({ name: hostDevName, fd: tapFd(index) }))
}

function tapFd(index: number): number {
  return TAP_FD_MIN + index
}

/**
 * QEMU's arguments for one network interface: the TAP, which is open already, and the device on
 * the given bus. Throws `Fault` for what QEMU cannot honour.
 */
export function networkArguments(
  { guestMac, mtu, rxRateLimiter, txRateLimiter }: NetworkInterface,
  index: number,
  bus: string,
): string[] {
  if (rxRateLimiter !== undefined || txRateLimiter !== undefined) {
    throw new Fault('Network config error: QEMU cannot honour rate limiters of a network interface')
  }
  if (mtu !== undefined && mtu < MTU_MIN) {
    throw networkFault(`MTU ${mtu} is out of range [${MTU_MIN}, 65535]`)
  }
  const id = `network${index}`
  const device = {
    driver: 'virtio-net-device',
    netdev: id,
    bus,
    mac: guestMac ?? randomMac(),
    ...(mtu === undefined ? {} : { host_mtu: mtu }),
  }
  return [
    ...['-netdev', JSON.stringify({ type: 'tap', id, fd: String(tapFd(index)) })],
    ...['-device', JSON.stringify(device)],
  ]
}

/** In Firecracker's words. */
export function networkFault(why: string): Fault {
  return new Fault(`Network config error: Could not create the network device: ${why}`)
}

/** What a guest takes that Firecracker gives none: a local address. QEMU's own is always the same. */
function randomMac(): string {
  const bytes = Array.from(randomBytes(5), (byte) => byte.toString(16).padStart(2, '0'))
  return ['02', ...bytes].join(':')
}
