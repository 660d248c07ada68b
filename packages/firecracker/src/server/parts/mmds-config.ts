import type { MmdsConfig } from '../../schemas/mmds.ts'
import type { NetworkInterface } from '../../schemas/network-interface.ts'
import { Fault } from '../fault.ts'

const DEFAULT_IPV4_ADDRESS = '169.254.169.254'

/** With Firecracker's defaults. The prefix of its faults has three M. */
export function completeMmdsConfig(
  config: MmdsConfig,
  interfaces: readonly NetworkInterface[],
): MmdsConfig {
  const { ipv4Address = DEFAULT_IPV4_ADDRESS, networkInterfaces } = config
  if (!isLinkLocal(ipv4Address)) throw fault('The MMDS IPv4 address is not link local.')
  if (networkInterfaces.length === 0) {
    throw fault('The list of network interface IDs that allow forwarding MMDS requests is empty.')
  }
  const known = new Set(interfaces.map(({ ifaceId }) => ifaceId))
  if (!networkInterfaces.every((id) => known.has(id))) {
    throw fault(
      'The list of network interface IDs provided contains at least one ID that does not correspond to any existing network interface.',
    )
  }
  return { version: 'V1', imdsCompat: false, ...config, ipv4Address }
}

/** The first and the last 256 addresses of 169.254.0.0/16 are reserved (RFC 3927). */
function isLinkLocal(address: string): boolean {
  const [first, second, third] = address.split('.')
  return first === '169' && second === '254' && third !== '0' && third !== '255'
}

function fault(reason: string): Fault {
  return new Fault(`MMMDS config error: ${reason}`)
}
