import { createHash } from 'node:crypto'
import {
  ASSIGNED_6,
  METADATA_4,
  METADATA_6,
  NEVER_4,
  NEVER_6,
  PRIVATE_4,
  PRIVATE_6,
} from './ranges.ts'

const HASH_CHARS = 8

const interval = (name: string, type: string, ...ranges: readonly string[]) =>
  `  set ${name} { type ${type}; flags interval; elements = { ${ranges.join(', ')} } }`

/*
 * A guest is known by its link, the host's end of its veth; all else it says of itself is checked.
 *
 * `arriving` runs before connection tracking, so what is dropped there leaves no trace in it, and
 * before DNAT, so the host's own addresses are recognized as what the guest wrote. `passing` looks
 * at the destination that DNAT has made of it. There is no "established" for what a guest sends:
 * a permitted answer goes to a permitted destination anyhow.
 *
 * A guest with IPv6 must find its gateway's link address; the hop limit of 255 proves that neither
 * side is behind a router, and nothing beyond the link is a destination there.
 */
const INET = `
  # The host's end of each guest's link, and those of guests whose policy is "all".
  set links { type ifname; }
  set private_links { type ifname; }
  # The addresses that a guest has.
  set sources_4 { type ifname . ipv4_addr; }
  set sources_6 { type ifname . ipv6_addr; }
${interval('never_4', 'ipv4_addr', ...NEVER_4, ...METADATA_4)}
${interval('never_6', 'ipv6_addr', ...NEVER_6, ...METADATA_6)}
${interval('private_4', 'ipv4_addr', ...PRIVATE_4)}
${interval('private_6', 'ipv6_addr', ...PRIVATE_6)}
${interval('assigned_6', 'ipv6_addr', ...ASSIGNED_6)}
  chain arriving {
    type filter hook prerouting priority raw; policy accept;
    iifname @links jump from_guest
  }
  chain from_guest {
    iifname . ip saddr != @sources_4 drop
    iifname . ip6 saddr != @sources_6 drop
    jump neighbours
    fib daddr type { local, broadcast, multicast, anycast } drop
    ip option lsrr exists drop
    ip option ssrr exists drop
    exthdr rt exists drop
    jump destinations
  }
  # Every rule says all of it: one about IPv6 alone lets IPv4 pass on to the next.
  chain neighbours {
    icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } ip6 hoplimit 255 ip6 daddr { fe80::/10, ff02::/16 } accept
    icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } ip6 hoplimit 255 fib daddr type local accept
  }
  chain destinations {
    ip daddr @never_4 drop
    ip6 daddr @never_6 drop
    ip6 daddr != @assigned_6 drop
    iifname @private_links return
    ip daddr @private_4 drop
    ip6 daddr @private_6 drop
  }
  chain passing {
    type filter hook forward priority filter - 5; policy accept;
    iifname @links oifname @links drop
    iifname @links jump destinations
    oifname @links jump to_guest
  }
  # Nobody opens a connection to a guest. "related" is for errors, not for helpers' second channels.
  chain to_guest {
    ct state established accept
    ct state related meta l4proto { icmp, icmpv6 } accept
    drop
  }
  # What came here was made local by DNAT, or is the link's own business.
  chain to_host {
    type filter hook input priority filter - 5; policy accept;
    iifname @links jump neighbours
    iifname @links drop
  }
`

/*
 * A guest that answers for addresses not its own would fill the table of neighbours, which all share;
 * one that asks for others than its gateway's would learn which addresses the host has.
 */
const ARP = `
  set links { type ifname; }
  set sources_4 { type ifname . ipv4_addr; }
  set gateways_4 { type ifname . ipv4_addr; }
  chain to_host {
    type filter hook input priority filter; policy accept;
    iifname @links iifname . arp saddr ip != @sources_4 drop
    iifname @links arp operation request iifname . arp daddr ip != @gateways_4 drop
  }
`

const hash = createHash('sha256').update(INET).update(ARP).digest('hex').slice(0, HASH_CHARS)

/** Of the tables in both families: named by their content, so that versions live side by side. */
export const FILTER_TABLE = `vulcan_${hash}`

/**
 * Makes both tables, or fails as a whole where one exists. "create" takes no content in older
 * versions of nft, hence the second block.
 */
export const CREATE_TABLES = `
create table inet ${FILTER_TABLE}
create table arp ${FILTER_TABLE}
table inet ${FILTER_TABLE} {${INET}}
table arp ${FILTER_TABLE} {${ARP}}
`
