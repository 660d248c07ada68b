import { TC_REDIRECT_TAP } from './cni/refuse-unsafe-chain.ts'
import type { CniResult } from './cni/result.ts'
import { CNI_IFNAME, type CniAttachment } from './cni/run-plugin.ts'
import { NetworkError } from './errors.ts'
import { type Link, showLink } from './links.ts'
import { GUEST_MAC } from './tap.ts'

/** What a chain has made of a namespace, as far as a guest and its filter need it. */
export interface Attachment {
  /** The host's end of the veth, where the policy is enforced. */
  readonly hostLink: string
  readonly mtu: number
  readonly guestMac: string
  /** CIDR. */
  readonly addresses: readonly string[]
  readonly gateways: readonly string[]
  /** The TAP that the chain has made; without one, it is ours to attach. */
  readonly tapName: string | undefined
}

/**
 * Reads a chain's result, and looks at the links themselves: the policy holds only where the guest
 * has a veth of its own, whose other end is the host's and port of nothing. Throws
 * `bridge_not_isolated`, `cni_failed` or `netns_failed`.
 */
export async function inspectAttachment(
  { conflist, containerId, netnsPath }: CniAttachment,
  netns: string,
  result: CniResult,
  signal: AbortSignal,
): Promise<Attachment> {
  const inside = await showLink(CNI_IFNAME, { netns, signal })
  const hostLink = await findHostLink(result, inside, signal)
  const ownTap = conflist.plugins.some(({ type }) => type === TC_REDIRECT_TAP)
  const guest = ownTap ? guestOfChain(result, containerId) : guestOfVeth(result, netnsPath)
  const ips = result.ips.filter((ip) => ip.interface === undefined || ip.interface === guest.index)
  if (ips.length === 0) throw unusable('with no address for the guest')
  const gateways = ips.flatMap(({ gateway }) => (gateway === undefined ? [] : [gateway]))
  return {
    hostLink,
    mtu: inside.mtu,
    guestMac: guest.mac,
    tapName: guest.tapName,
    addresses: ips.map(({ address }) => address),
    gateways: [...new Set(gateways)],
  }
}

interface GuestInterface {
  readonly index: number
  readonly mac: string
  readonly tapName: string | undefined
}

/** Of tc-redirect-tap: the interface "in" the container is the VM's, named like its TAP. */
function guestOfChain({ interfaces }: CniResult, containerId: string): GuestInterface {
  const index = interfaces.findIndex(({ sandbox }) => sandbox === containerId)
  const { name, mac } = interfaces[index] ?? {}
  if (name === undefined || !mac) throw unusable('without an interface of the VM that has a MAC')
  return { index, mac, tapName: name }
}

function guestOfVeth({ interfaces }: CniResult, netnsPath: string): GuestInterface {
  const index = interfaces.findIndex(
    ({ name, sandbox }) => name === CNI_IFNAME && sandbox === netnsPath,
  )
  if (index === -1) throw unusable(`without ${CNI_IFNAME} in ${netnsPath}`)
  return { index, mac: GUEST_MAC, tapName: undefined }
}

async function findHostLink(
  { interfaces }: CniResult,
  inside: Link,
  signal: AbortSignal,
): Promise<string> {
  for (const { name, sandbox } of interfaces) {
    if (sandbox) continue
    const link = await showLink(name, { signal })
    const isPeer = link.ifindex === inside.link_index && link.link_index === inside.ifindex
    if (!isPeer || link.linkinfo?.info_kind !== 'veth') continue
    if (link.master === undefined) return name
    throw new NetworkError(
      'bridge_not_isolated',
      `the CNI chain has put ${name} into ${link.master}: what guests on one link send each other does not meet the filter: use ptp`,
      { step: 'ADD' },
    )
  }
  throw unusable(`without the host's end of ${CNI_IFNAME} as a veth, where a policy is enforced`)
}

const unusable = (problem: string) =>
  new NetworkError('cni_failed', `the CNI chain gave a result ${problem}`, { step: 'ADD' })
