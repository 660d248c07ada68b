import type { NetworkInterface } from '../../schemas/network-interface.ts'
import { Fault } from '../fault.ts'

export function insertNetworkInterface(
  interfaces: readonly NetworkInterface[],
  added: NetworkInterface,
): readonly NetworkInterface[] {
  const others = interfaces.filter((other) => other.ifaceId !== added.ifaceId)
  const mac = added.guestMac?.toLowerCase()
  if (mac !== undefined && others.some((other) => other.guestMac?.toLowerCase() === mac)) {
    throw new Fault(`Network config error: The MAC address is already in use: ${mac}`)
  }
  return [...others, added]
}
