import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Network, NetworkResource, type NetworkSlot, releaseNetworkResource } from '@vulcan/network'
import { shell } from './namespaces.ts'

const BIN_DIRS = ['/opt/cni/bin', '/usr/lib/cni']

/** A slot, and what it has recorded: as JSON, since a manifest keeps it so. */
export class TestSlot implements AsyncDisposable {
  readonly name: string
  readonly records: NetworkResource[] = []
  /** Called after each record. */
  onRecord: () => void = () => undefined

  constructor(name: string) {
    this.name = name
  }

  make(network: Network, policy: 'public' | 'all', signal?: AbortSignal): Promise<NetworkSlot> {
    return network.makeSlot({
      name: this.name,
      containerId: `${this.name}-container`,
      policy,
      record: (resource) => {
        this.records.push(NetworkResource.parse(JSON.parse(JSON.stringify(resource))))
        this.onRecord()
      },
      signal: signal ?? AbortSignal.timeout(60_000),
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const resource of this.records.toReversed()) await releaseNetworkResource(resource)
  }
}

export const DUAL_STACK = {
  cniVersion: '0.4.0',
  name: 'dual',
  plugins: [
    {
      type: 'ptp',
      ipMasq: true,
      ipam: {
        type: 'host-local',
        dataDir: '/run/vulcan-network',
        ranges: [[{ subnet: '198.19.200.0/24' }], [{ subnet: 'fd77:1::/64' }]],
        routes: [{ dst: '0.0.0.0/0' }, { dst: '::/0' }],
      },
    },
    { type: 'firewall' },
  ],
}

/** The network of an operator who has IPv6, too. */
export async function openDualStack(): Promise<Network> {
  const cniConfigDir = await mkdtemp(join(tmpdir(), 'vulcan-network-'))
  try {
    await writeFile(join(cniConfigDir, 'dual.conflist'), JSON.stringify(DUAL_STACK), {
      mode: 0o600,
    })
    return await Network.open({ cniConfigDir, cniBinDirs: BIN_DIRS })
  } finally {
    await rm(cniConfigDir, { recursive: true })
  }
}

export const openShipped = () =>
  Network.open({ cniConfigDir: '/nonexistent', cniBinDirs: BIN_DIRS })

/**
 * A guest without a VM: a namespace whose link stands where the TAP was, tied to the veth by the same
 * redirection. Returns the namespace's name.
 */
export function plugIn({ name }: TestSlot, slot: NetworkSlot): string {
  const guest = `${name}-guest`
  const redirect = (from: string, to: string) => `tc -n ${name} qdisc add dev ${from} ingress
    tc -n ${name} filter add dev ${from} parent ffff: protocol all u32 match u32 0 0 action mirred egress redirect dev ${to}`
  const isIPv6 = (address: string) => address.includes(':')
  shell(`ip netns add ${guest}
    ip -n ${guest} link set lo up
    tc -n ${name} qdisc delete dev eth0 ingress
    ip -n ${name} link delete ${slot.tapName}
    ip -n ${name} link add ${slot.tapName} type veth peer name eth0 netns ${guest}
    ip -n ${name} link set ${slot.tapName} up
    ${redirect('eth0', slot.tapName)}
    ${redirect(slot.tapName, 'eth0')}
    ip -n ${guest} link set eth0 address ${slot.guestMac} mtu ${slot.mtu} up
    ${slot.addresses.map((address) => `ip -n ${guest} address add ${address} dev eth0 ${isIPv6(address) ? 'nodad' : ''}`).join('\n')}
    ${slot.gateways.map((gateway) => `ip -n ${guest} ${isIPv6(gateway) ? '-6' : '-4'} route add default via ${gateway} dev eth0`).join('\n')}`)
  return guest
}
