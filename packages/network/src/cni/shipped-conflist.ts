import type { Conflist } from './conflist.ts'

/**
 * The chain where the operator has none: Debian's plugins, IPv4.
 *
 * The subnet lies in the range for benchmarks of network devices (RFC 2544), which neither local
 * networks nor clouds, VPNs and container engines use as they do RFC 1918 and CGNAT; its lower half
 * is left to the proxies that make up addresses there. No policy lets a guest send to that range, so
 * no policy can reach another guest by it either.
 *
 * The leases lie below /run: after a reboot, nothing holds the addresses that they name.
 */
export const SHIPPED_CONFLIST: Conflist = {
  cniVersion: '1.0.0',
  name: 'vulcan',
  plugins: [
    {
      type: 'ptp',
      ipMasq: true,
      ipam: {
        type: 'host-local',
        dataDir: '/run/vulcan-network',
        ranges: [[{ subnet: '198.19.0.0/17' }]],
        routes: [{ dst: '0.0.0.0/0' }],
      },
    },
    { type: 'firewall' },
  ],
}
