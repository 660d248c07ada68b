import { access } from 'node:fs/promises'
import { runHostProgram } from './run-host-program.ts'

/** Of every guest: locally administered, and the same in each, since its slot takes it on. */
export const GUEST_MAC = '02:76:75:6c:63:61'

/** The TAP that we attach; in each namespace the same. */
export const TAP_NAME = 'tap0'

export interface AttachTapOptions {
  /** Name for `ip netns`. */
  readonly netns: string
  /** The veth's end in the namespace. */
  readonly link: string
  readonly mtu: number
  readonly signal: AbortSignal
}

/**
 * Ties a TAP to the veth as tc-redirect-tap does: what comes in at one goes out at the other, so
 * that nothing reaches the namespace's own stack.
 *
 * The veth keeps its addresses, which nobody can speak to: by them ptp finds its rules again at DEL.
 * The TAP has no owner yet: the namespace is the VM's, and its VMM gets the device. Throws `tap_failed`.
 */
export async function attachTap({ netns, link, mtu, signal }: AttachTapOptions): Promise<void> {
  const withIpv6 = await hasIpv6()
  await batch('ip', netns, signal, [
    ...(withIpv6 ? silence(link) : []),
    `link set dev ${link} address ${GUEST_MAC}`,
    `tuntap add dev ${TAP_NAME} mode tap vnet_hdr`,
    ...(withIpv6 ? silence(TAP_NAME) : []),
    `link set dev ${TAP_NAME} mtu ${mtu} up`,
  ])
  await batch('tc', netns, signal, [...redirect(link, TAP_NAME), ...redirect(TAP_NAME, link)])
}

/** Without a link-local address the namespace's kernel solicits and announces nothing by itself. */
const silence = (link: string) => [
  `link set dev ${link} addrgenmode none`,
  `address flush dev ${link} scope link`,
]

/** Some hosts boot with `ipv6.disable=1`, and refuse what is about IPv6. */
function hasIpv6(): Promise<boolean> {
  return access('/proc/net/if_inet6').then(
    () => true,
    () => false,
  )
}

/** "u32" with an empty mask, since "matchall" is missing in some kernels. */
const redirect = (from: string, to: string) => [
  `qdisc add dev ${from} ingress`,
  `filter add dev ${from} parent ffff: protocol all u32 match u32 0 0 action mirred egress redirect dev ${to}`,
]

function batch(
  program: 'ip' | 'tc',
  netns: string,
  signal: AbortSignal,
  lines: readonly string[],
): Promise<string> {
  const input = lines.map((line) => `${line}\n`).join('')
  const args = ['-n', netns, '-batch', '-']
  return runHostProgram({ program, args, input, code: 'tap_failed', signal })
}
