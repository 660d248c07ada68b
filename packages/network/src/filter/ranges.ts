/*
 * From IANA's registries of special-purpose addresses, IPv4 and IPv6. What they call globally
 * reachable is left out, but for what translates into addresses that are not.
 */

/** What `all` adds to `public`: the private ranges. */
export const PRIVATE_4: readonly string[] = [
  '10.0.0.0/8', // RFC 1918
  '100.64.0.0/10', // RFC 6598, carrier-grade NAT
  '172.16.0.0/12', // RFC 1918
  '192.168.0.0/16', // RFC 1918
]

export const PRIVATE_6: readonly string[] = [
  'fc00::/7', // RFC 4193, unique local
]

/** What no policy permits: every other range that is not global. */
export const NEVER_4: readonly string[] = [
  '0.0.0.0/8', // RFC 791, this network
  '127.0.0.0/8', // RFC 1122, loopback
  '169.254.0.0/16', // RFC 3927, link-local: metadata of nearly every cloud
  '192.0.0.0/24', // RFC 6890, protocol assignments; metadata of Oracle's cloud
  '192.0.2.0/24', // RFC 5737, documentation
  '192.88.99.0/24', // RFC 7526, former 6to4 relays
  '198.18.0.0/15', // RFC 2544, benchmarks; the shipped chain's guests
  '198.51.100.0/24', // RFC 5737, documentation
  '203.0.113.0/24', // RFC 5737, documentation
  '224.0.0.0/4', // RFC 5771, multicast
  '240.0.0.0/4', // RFC 1112, reserved; limited broadcast
]

/** Metadata services inside ranges that a policy permits. */
export const METADATA_4: readonly string[] = [
  '100.100.100.200', // Alibaba Cloud, in RFC 6598
  '168.63.129.16', // Azure's host agent, at a global address
]

export const METADATA_6: readonly string[] = [
  'fd00:42::42', // Scaleway
  'fd00:c1::a9fe:a9fe', // Oracle
  'fd00:ec2::/32', // Amazon: metadata, pod identity, time
  'fd20:ce::254', // Google
]

/** Everything outside these is reserved, link-local, multicast, loopback, or IPv4 written as IPv6. */
export const ASSIGNED_6: readonly string[] = [
  '2000::/3', // RFC 4291, global unicast
  ...PRIVATE_6,
]

/**
 * What no policy permits inside the assigned ranges. Addresses that carry an IPv4 address (6to4,
 * Teredo; NAT64 and mapped ones lie outside the assigned ranges) would lead a translator to
 * destinations that this filter never sees.
 */
export const NEVER_6: readonly string[] = [
  '2001::/23', // RFC 2928, protocol assignments: Teredo, ORCHID, benchmarks
  '2001:db8::/32', // RFC 3849, documentation
  '2002::/16', // RFC 3056, 6to4
  '3fff::/20', // RFC 9637, documentation
]
