import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Network, NetworkSlot } from '@vulcan/network'
import { inOuterNamespace } from '../support/outer-namespace.ts'
import { Listener, reachable, shell } from './support/namespaces.ts'
import { openDualStack, plugIn, TestSlot } from './support/slots.ts'
import { HOST_ADDRESSES, makeWorld, WORLD } from './support/world.ts'

const { global: GLOBAL, private: PRIVATE } = WORLD
const NEVER = [...WORLD.metadata, ...WORLD.special]
const ALL = [...GLOBAL, ...PRIVATE, ...NEVER]

interface Guest {
  readonly test: TestSlot
  readonly slot: NetworkSlot
  readonly namespace: string
  readonly addresses: readonly string[]
}

await inOuterNamespace(import.meta.filename, () => {
  let network: Network
  let world: Listener
  let host: Listener
  let publicGuest: Guest
  let otherGuest: Guest
  let allGuest: Guest
  const things = new AsyncDisposableStack()

  async function makeGuest(name: string, policy: 'public' | 'all'): Promise<Guest> {
    const made = things.use(new TestSlot(name))
    const slot = await made.make(network, policy)
    const namespace = plugIn(made, slot)
    const addresses = slot.addresses.map((cidr) => cidr.slice(0, cidr.indexOf('/')))
    return { test: made, slot, namespace, addresses }
  }

  const toWorld = GLOBAL.map((to) => ({ to }))

  const fromHost = (targets: readonly string[], inside?: Listener) =>
    reachable({ targets, markers: toWorld, listeners: [world, inside ?? host] })

  /** To which of the targets a guest's datagrams come, whoever gets them. */
  function reached(
    { namespace, addresses }: Guest,
    targets: readonly string[],
    { source, other = host }: { source?: string; other?: Listener } = {},
  ): Promise<string[]> {
    const markers = toWorld.map(({ to }, at) => ({ to, from: addresses[at]! }))
    const listeners = [world, other] as const
    return reachable({ namespace, targets, markers, listeners, ...(source ? { source } : {}) })
  }

  /** Which of a guest's addresses the world reaches; the host hears the markers. */
  const fromWorld = ({ addresses }: Guest, inside: Listener) =>
    reachable({
      namespace: 'world',
      targets: addresses,
      markers: HOST_ADDRESSES.map((to) => ({ to })),
      listeners: [host, inside],
    })

  before(async () => {
    world = things.use(await makeWorld())
    host = things.use(await Listener.in(undefined))
    network = await openDualStack()
    publicGuest = await makeGuest('vulcan-1', 'public')
    otherGuest = await makeGuest('vulcan-2', 'all')
    allGuest = await makeGuest('vulcan-3', 'all')
  })
  after(() => things.disposeAsync())

  test('the host reaches every address of the world, and its own', async () => {
    const targets = [...ALL, ...HOST_ADDRESSES]
    assert.deepEqual(await fromHost(targets), targets)
  })

  test('"public" reaches global addresses and nothing else', async () => {
    assert.deepEqual(await reached(publicGuest, ALL), GLOBAL)
  })

  test('"all" reaches private addresses too, but nothing that is forbidden to everybody', async () => {
    assert.deepEqual(await reached(allGuest, ALL), [...GLOBAL, ...PRIVATE])
  })

  test("no guest reaches the host's addresses, its gateways and their link among them", async () => {
    for (const guest of [publicGuest, allGuest]) {
      const linkLocal = shell(`ip -brief -6 address show dev ${hostLink(guest)} scope link`).match(
        /fe80:[0-9a-f:]+/,
      )?.[0]
      assert.ok(linkLocal)
      const targets = [...HOST_ADDRESSES, ...guest.slot.gateways, `${linkLocal}%eth0`]
      assert.deepEqual(await reached(guest, targets), [])
    }
  })

  test('no guest reaches another one', async () => {
    await using other = await Listener.in(otherGuest.namespace)
    const { addresses } = otherGuest
    assert.deepEqual(await fromHost(addresses, other), addresses)
    for (const guest of [publicGuest, allGuest]) {
      assert.deepEqual(await reached(guest, addresses, { other }), [])
    }
  })

  test('nobody outside reaches a guest, although the way is known', async () => {
    await using inside = await Listener.in(allGuest.namespace)
    assert.deepEqual(await fromWorld(allGuest, inside), [])
    // Behind everything that the world has sent.
    assert.deepEqual(await fromHost(allGuest.addresses, inside), allGuest.addresses)
  })

  test('a source that is not its own takes a guest nowhere', async () => {
    const forged = ['93.184.215.99', '2606:2800:21f::99', ...otherGuest.addresses]
    for (const source of forged) {
      const v6 = source.includes(':')
      shell(`ip -n ${allGuest.namespace} address add ${source}/${v6 ? '128 nodad' : '32'} dev eth0`)
      const targets = [...GLOBAL, ...PRIVATE, ...HOST_ADDRESSES].filter(
        (address) => address.includes(':') === v6,
      )
      assert.deepEqual(await reached(allGuest, targets, { source }), [], source)
    }
  })

  test('what DNAT makes of a permitted destination is looked at again', async () => {
    shell(`nft -f - <<'END'
      table inet operator {
        chain prerouting {
          type nat hook prerouting priority dstnat;
          ip daddr 93.184.215.20 redirect
          ip daddr 93.184.215.21 dnat ip to 169.254.169.254
          ip daddr 93.184.215.22 dnat ip to 10.9.0.1
          ip6 daddr 2606:2800:21f::20 redirect
          ip6 daddr 2606:2800:21f::21 dnat ip6 to fd00:ec2::254
        }
        chain output {
          type nat hook output priority -100;
          ip daddr 93.184.215.20 redirect
          ip daddr 93.184.215.21 dnat ip to 169.254.169.254
          ip daddr 93.184.215.22 dnat ip to 10.9.0.1
          ip6 daddr 2606:2800:21f::20 redirect
          ip6 daddr 2606:2800:21f::21 dnat ip6 to fd00:ec2::254
        }
      }
END`)
    const toPrivate = '93.184.215.22'
    const forbidden = ['93.184.215.20', '93.184.215.21', '2606:2800:21f::20', '2606:2800:21f::21']
    const targets = [...forbidden, toPrivate]
    try {
      assert.deepEqual(await fromHost(targets), targets)
      assert.deepEqual(await reached(publicGuest, targets), [])
      assert.deepEqual(await reached(allGuest, targets), [toPrivate])
    } finally {
      shell('nft delete table inet operator')
    }
  })

  test('a guest speaks TCP with the world', () => {
    const serve = `require('node:net').createServer((s) => s.end('hello')).listen(7778, '::', () => {
      const { spawn } = require('node:child_process')
      const read = "require('node:net').connect(7778, process.argv[1]).pipe(process.stdout)"
      for (const to of ${JSON.stringify(GLOBAL)})
        spawn('nsenter', ['--net=/run/netns/${publicGuest.namespace}', process.execPath, '-e', read, to], { stdio: 'inherit' })
          .on('exit', () => { left -= 1; if (left === 0) process.exit() })
    }); let left = ${GLOBAL.length}`
    const heard = shell(
      `ip netns exec world env -u NODE_TEST_CONTEXT ${process.execPath} -e '${serve.replaceAll("'", `'\\''`)}'`,
    )
    assert.equal(heard, 'hello'.repeat(GLOBAL.length))
  })

  test('it is the filter that holds them: without it, the same guest reaches it all', async () => {
    const filter = publicGuest.test.records.find((record) => record.kind === 'filter')
    assert.ok(filter)
    shell(`nft flush set inet ${filter.table} links`)
    const targets = [...ALL.filter((to) => !to.startsWith('fec0:')), ...HOST_ADDRESSES]
    assert.deepEqual(await reached(publicGuest, targets), targets)
    await using inside = await Listener.in(publicGuest.namespace)
    assert.deepEqual(await fromWorld(publicGuest, inside), publicGuest.addresses)
  })

  function hostLink({ test: { records } }: Guest): string {
    const filter = records.find((record) => record.kind === 'filter')
    assert.ok(filter)
    return filter.link
  }
})
