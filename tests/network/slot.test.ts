import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { test } from 'node:test'
import { type Network, NetworkError, releaseNetworkResource } from '@vulcan/network'
import { inOuterNamespace } from '../support/outer-namespace.ts'
import { reachable, shell } from './support/namespaces.ts'
import { openDualStack, openShipped, plugIn, TestSlot } from './support/slots.ts'
import { makeWorld, WORLD } from './support/world.ts'

/**
 * What slots hold on this machine: names, links, leases, rules, elements, connections. What lies
 * there for all slots, once one was made, is left out.
 */
async function holdings(): Promise<string[]> {
  const leases = await readdir('/run/vulcan-network', { recursive: true })
  return [
    shell('ip netns'),
    shell('ip -brief link').replace(/^lo .*\n/, ''),
    shell('iptables-save; ip6tables-save')
      .match(/198\.19|fd77/g)
      ?.join() ?? '',
    shell('nft list ruleset')
      .match(/veth[0-9a-f]+/g)
      ?.join() ?? '',
    shell('conntrack -L -o extended 2>/dev/null')
      .match(/198\.19|fd77/g)
      ?.join() ?? '',
    ...leases.filter((name) => /198\.19|fd77/.test(name)),
  ].filter((holding) => holding !== '')
}

/** Of an abort that the test itself wants. */
class Enough extends Error {}

await inOuterNamespace(import.meta.filename, () => {
  test('a slot has what a guest needs, and its chain finds it in order', async () => {
    const network = await openShipped()
    await using made = new TestSlot('vulcan-1')
    const slot = await made.make(network, 'public')
    assert.equal(slot.netnsPath, '/run/netns/vulcan-1')
    assert.equal(slot.mtu, 1500)
    assert.match(slot.addresses.join(), /^198\.19\.\d+\.\d+\/17$/)
    assert.deepEqual(slot.gateways, ['198.19.0.1'])
    const tap = shell(`ip -n vulcan-1 -details link show ${slot.tapName}`)
    assert.match(tap, /tun type tap .*persist on/)
    assert.match(shell('ip -n vulcan-1 link show eth0'), new RegExp(slot.guestMac))
    await slot.check(AbortSignal.timeout(30_000))
    shell('ip -n vulcan-1 link set eth0 address 02:00:00:00:00:01')
    await assert.rejects(slot.check(AbortSignal.timeout(30_000)), { code: 'cni_failed' })
  })

  for (const [name, open] of [
    ['the shipped chain', openShipped],
    ["an operator's chain with IPv6", openDualStack],
  ] as const) {
    test(`nothing is left of a slot of ${name}, and releasing it again is harmless`, async () => {
      const network = await open()
      const made = new TestSlot('vulcan-2')
      await made.make(network, 'all')
      assert.notDeepEqual(await holdings(), [])
      await made[Symbol.asyncDispose]()
      assert.deepEqual(await holdings(), [])
      await made[Symbol.asyncDispose]()
    })
  }

  test('nothing is left of a slot that was given up after any of its records', async () => {
    const network = await openShipped()
    let recorded = 0
    let complete = false
    for (let stopAt = 1; !complete; stopAt += 1) {
      assert.ok(stopAt < 20, 'a slot has a handful of records')
      const abort = new AbortController()
      const made = new TestSlot('vulcan-3')
      made.onRecord = () => {
        recorded += 1
        if (recorded === stopAt) abort.abort(new Enough())
      }
      recorded = 0
      await made.make(network, 'public', abort.signal).then(
        () => {
          complete = true
        },
        (error: unknown) => assert.ok(error instanceof Enough, String(error)),
      )
      await made[Symbol.asyncDispose]()
      assert.deepEqual(await holdings(), [], `stopped at record ${stopAt}`)
    }
  })

  test('what was recorded and never made is released without complaint', async () => {
    const network = await openShipped()
    const made = new TestSlot('vulcan-4')
    await made.make(network, 'public')
    await made[Symbol.asyncDispose]()
    shell('nft flush ruleset')
    for (const resource of made.records) await releaseNetworkResource(resource)
    assert.deepEqual(await holdings(), [])
  })

  test('nothing is left of a slot whose namespace somebody has deleted', async () => {
    const network = await openShipped()
    const made = new TestSlot('vulcan-5')
    await made.make(network, 'public')
    shell('ip netns delete vulcan-5')
    await made[Symbol.asyncDispose]()
    assert.deepEqual(await holdings(), [])
  })

  test('nothing is left of a slot of whose namespace only the name is left', async () => {
    const network = await openShipped()
    const made = new TestSlot('vulcan-13')
    await made.make(network, 'public')
    shell('umount /run/netns/vulcan-13')
    await made[Symbol.asyncDispose]()
    assert.deepEqual(await holdings(), [])
  })

  test('nothing is left of a slot whose release was cut short when its link was gone', async () => {
    const network = await openShipped()
    const made = new TestSlot('vulcan-12')
    await made.make(network, 'public')
    shell('ip -n vulcan-12 link delete eth0')
    await made[Symbol.asyncDispose]()
    assert.deepEqual(await holdings(), [])
  })

  test('the tables are made again when an operator has flushed all rules', async () => {
    const network = await openShipped()
    shell('nft flush ruleset')
    await using made = new TestSlot('vulcan-6')
    await made.make(network, 'public')
    const filter = made.records.find((record) => record.kind === 'filter')
    assert.ok(filter)
    assert.match(shell(`nft list set inet ${filter.table} links`), new RegExp(filter.link))
  })

  test('slots that are made at once get an address each', async () => {
    const network = await openShipped()
    const made = ['vulcan-7', 'vulcan-8', 'vulcan-9'].map((name) => new TestSlot(name))
    try {
      const slots = await Promise.all(made.map((each) => each.make(network, 'public')))
      assert.equal(new Set(slots.flatMap(({ addresses }) => addresses)).size, 3)
    } finally {
      for (const each of made) await each[Symbol.asyncDispose]()
    }
    assert.deepEqual(await holdings(), [])
  })

  test('a name that is taken is an error of the namespace', async () => {
    const network: Network = await openShipped()
    await using first = new TestSlot('vulcan-10')
    await first.make(network, 'public')
    await assert.rejects(new TestSlot('vulcan-10').make(network, 'public'), (error) => {
      assert.ok(error instanceof NetworkError)
      assert.equal(error.code, 'netns_failed')
      assert.match(error.stderrTail, /File exists/)
      return true
    })
  })

  test("a guest's connections are forgotten with its slot", async () => {
    await using world = await makeWorld()
    const network = await openDualStack()
    const made = new TestSlot('vulcan-11')
    const namespace = plugIn(made, await made.make(network, 'public'))
    const markers = WORLD.global.map((to) => ({ to }))
    await reachable({ namespace, targets: [], markers, listeners: [world] })
    assert.match(
      shell('conntrack -L 2>/dev/null; conntrack -L -f ipv6 2>/dev/null'),
      /198\.19.*fd77/s,
    )
    shell(`ip netns delete ${namespace}`)
    await made[Symbol.asyncDispose]()
    shell('ip netns delete world; ip link delete uplink || true')
    assert.deepEqual(await holdings(), [])
  })
})
