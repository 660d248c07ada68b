import { Listener, shell } from './namespaces.ts'

/** Addresses of the world, by what a policy says of them. Each is reachable from the host. */
export const WORLD = {
  global: ['93.184.215.14', '2606:2800:21f::14'],
  private: ['10.9.0.1', '100.70.0.1', '172.20.0.1', '192.168.7.1', 'fd12:3456::1'],
  metadata: [
    '169.254.169.254',
    '100.100.100.200',
    '168.63.129.16',
    '192.0.0.192',
    'fd00:ec2::254',
    'fd20:ce::254',
  ],
  special: [
    '169.254.1.1',
    '192.0.2.7',
    '192.88.99.1',
    '198.18.0.7',
    '198.51.100.7',
    '203.0.113.7',
    '64:ff9b::a00:1',
    '64:ff9b:1::1',
    '2001::1',
    '2001:db8::7',
    '2002:a00:1::1',
    '3fff::7',
    '100::7',
    '5f00::7',
    'fec0::7',
  ],
} as const

/** Of the host itself. */
export const HOST_ADDRESSES = ['93.184.215.1', '10.77.0.1', '2606:2800:21f::1', 'fd77:77::1']

/** The world behind the host's uplink: a namespace that has all of these addresses, and listens. */
export async function makeWorld(): Promise<Listener> {
  const addresses = Object.values(WORLD).flat()
  shell(`ip netns add world
    ip link add uplink type veth peer name eth0 netns world
    ip address add 93.184.215.1/29 dev uplink
    ip address add 2606:2800:21f::1/125 dev uplink nodad
    ip link set uplink up
    ip address add 10.77.0.1/32 dev lo
    ip address add fd77:77::1/128 dev lo nodad
    ip -n world link set lo up
    ip -n world address add 93.184.215.2/29 dev eth0
    ip -n world address add 2606:2800:21f::2/125 dev eth0 nodad
    ip -n world link set eth0 up
    ${addresses.map((address) => `ip -n world address add ${address} dev lo ${address.includes(':') ? 'nodad' : ''}`).join('\n')}
    ip route add default via 93.184.215.2
    ip -6 route add default via 2606:2800:21f::2
    ip -n world route add default via 93.184.215.1
    ip -n world -6 route add default via 2606:2800:21f::1`)
  return Listener.in('world')
}
