import type { NetworkPolicy } from '@vulcan/schema'
import { type Attachment, inspectAttachment } from './attachment.ts'
import type { Conflist } from './cni/conflist.ts'
import { TC_REDIRECT_TAP } from './cni/refuse-unsafe-chain.ts'
import type { CniResult } from './cni/result.ts'
import { addChain, checkChain } from './cni/run-chain.ts'
import { CNI_IFNAME, type CniAttachment } from './cni/run-plugin.ts'
import { addFilter, filterOf } from './filter/slot-filter.ts'
import { addNetns, netnsPath } from './netns.ts'
import type { CniResource, NetworkResource } from './resource.ts'
import { attachTap, GUEST_MAC, TAP_NAME } from './tap.ts'

export interface SlotRequest {
  /** Of the namespace; nobody else on the machine uses it. */
  readonly name: string
  /** Unique for ever: plugins name what they make by it. */
  readonly containerId: string
  readonly policy: NetworkPolicy
  /** Gets each resource before it is made, and the chain's again with each of its results. */
  readonly record: (resource: NetworkResource) => void
  readonly signal: AbortSignal
}

/** A namespace with a TAP for one guest. */
export interface NetworkSlot {
  readonly policy: NetworkPolicy
  readonly netnsPath: string
  /** In the namespace. Anybody who is in there may open it. */
  readonly tapName: string
  readonly guestMac: string
  readonly mtu: number
  /** CIDR, as the guest takes them: IPv4, IPv6 or both. */
  readonly addresses: readonly string[]
  readonly gateways: readonly string[]
  /** The chain's CHECK. Throws `cni_failed` where a plugin finds its work undone. */
  check(signal: AbortSignal): Promise<void>
}

interface Chain {
  readonly conflist: Conflist
  readonly binDirs: readonly string[]
}

/** The steps of a slot, each recorded before it is made. */
export async function makeSlot(chain: Chain, request: SlotRequest): Promise<NetworkSlot> {
  const { name, policy, record, signal } = request
  record({ kind: 'netns', name })
  await addNetns(name, signal)

  const cni = cniResource(chain, request)
  record(cni)
  const result = await addChain(cni, (known) => record({ ...cni, result: known }), { signal })
  const attachment = await inspectAttachment(cni, name, result, signal)

  const filter = filterOf({
    policy,
    link: attachment.hostLink,
    guestMac: attachment.guestMac,
    addresses: attachment.addresses.map(withoutPrefix),
    gateways: attachment.gateways,
  })
  record(filter)
  await addFilter(filter, signal)

  const attached = await attach(cni, name, attachment, result, signal)
  return {
    policy,
    netnsPath: cni.netnsPath,
    tapName: attachment.tapName ?? TAP_NAME,
    guestMac: attachment.guestMac,
    mtu: attachment.mtu,
    addresses: attachment.addresses,
    gateways: attachment.gateways,
    check: (checkSignal) => checkChain(cni, attached, { signal: checkSignal }),
  }
}

function cniResource({ conflist, binDirs }: Chain, request: SlotRequest): CniResource {
  return {
    kind: 'cni',
    containerId: request.containerId,
    netnsPath: netnsPath(request.name),
    binDirs: [...binDirs],
    args: cniArgs(conflist),
    conflist,
  }
}

function cniArgs({ plugins }: Conflist): string {
  const redirects = plugins.some(({ type }) => type === TC_REDIRECT_TAP)
  return redirects ? `IgnoreUnknown=1;TC_REDIRECT_TAP_NAME=${TAP_NAME}` : 'IgnoreUnknown=1'
}

/**
 * Ties the TAP to the veth where the chain has not done it. Like a plugin at the chain's end it gives
 * the result as it is now, with the MAC that it changed, or CHECK would find another.
 */
async function attach(
  cni: CniAttachment,
  netns: string,
  { tapName, mtu }: Attachment,
  result: CniResult,
  signal: AbortSignal,
): Promise<CniResult> {
  if (tapName !== undefined) return result
  const interfaces = result.interfaces.map((link) =>
    link.name === CNI_IFNAME && link.sandbox === cni.netnsPath ? { ...link, mac: GUEST_MAC } : link,
  )
  await attachTap({ netns, link: CNI_IFNAME, mtu, signal })
  return { ...result, interfaces }
}

const withoutPrefix = (cidr: string) => cidr.slice(0, cidr.indexOf('/'))
