import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, type TestContext, test } from 'node:test'
import { inOuterNamespace } from '../support/outer-namespace.ts'
import { finish, VulcanUnderTest, written } from '../support/vulcan.ts'
import { Listener, shell } from './support/namespaces.ts'
import { DUAL_STACK, openDualStack, plugIn, TestSlot } from './support/slots.ts'
import { HOST_ADDRESSES, makeWorld, WORLD } from './support/world.ts'

const { global: GLOBAL, private: PRIVATE } = WORLD
const ENETUNREACH = 101
const TCP_PORT = 7778

/** Sends a datagram to each target, then markers, again and again; says what the guest sees of its network. */
const PROBE = `
import json, os, socket, sys, time
word, targets, markers = json.loads(sys.argv[1])
def send(to, text):
    family = socket.AF_INET6 if ':' in to else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as s:
        try:
            s.sendto(text.encode(), (to, 7777))
        except OSError as error:
            return error.errno
errors = {to: send(to, f'{word} {to}') for to in targets}
for _ in range(40 if markers else 0):
    for to in markers:
        send(to, f'{word} marker {to} {_}')
    time.sleep(0.05)
def hear(to):
    try:
        with socket.create_connection((to, ${TCP_PORT}), 10) as s:
            return s.recv(100).decode()
    except OSError as error:
        return error.errno
print(json.dumps({
    'links': sorted(os.listdir('/sys/class/net')),
    'resolver': open('/etc/resolv.conf').read() if os.path.exists('/etc/resolv.conf') else '',
    'errors': errors,
    'heard': [hear(to) for to in markers],
}))
`

interface Seen {
  readonly links: string[]
  readonly resolver: string
  readonly errors: Record<string, number | null>
  readonly heard: unknown[]
}

await inOuterNamespace(import.meta.filename, () => {
  const things = new AsyncDisposableStack()
  let world: Listener
  let host: Listener
  let neighbour: Listener
  let targets: readonly string[]

  before(async () => {
    world = things.use(await makeWorld())
    host = things.use(await Listener.in(undefined))
    const slot = things.use(new TestSlot('neighbour'))
    const made = await slot.make(await openDualStack(), 'all')
    neighbour = things.use(await Listener.in(plugIn(slot, made)))
    const neighbours = made.addresses.map((cidr) => cidr.slice(0, cidr.indexOf('/')))
    targets = [...Object.values(WORLD).flat(), ...HOST_ADDRESSES, ...made.gateways, ...neighbours]
    things.use(await greeter())
  })
  after(() => things.disposeAsync())

  /** A `vulcan` that has the dual-stack network of an operator. */
  async function vulcanWithNetwork(t: TestContext) {
    const vulcan = await VulcanUnderTest.create(t)
    const cniConfigDir = join(vulcan.runDir, 'cni')
    await mkdir(cniConfigDir, { mode: 0o700 })
    await writeFile(join(cniConfigDir, 'dual.conflist'), JSON.stringify(DUAL_STACK), {
      mode: 0o600,
    })
    const env = {
      VULCAN_FC_CNI_CONFIG_DIR: cniConfigDir,
      VULCAN_FC_NETWORK_MAX: 'all',
      VULCAN_FC_DNS: '93.184.215.14,2606:2800:21f::14',
    }
    return { vulcan, env }
  }

  /** What a guest sees, and to which of the targets its datagrams come. */
  async function probe(t: TestContext, network: string, markers: readonly string[]) {
    const { vulcan, env } = await vulcanWithNetwork(t)
    const request = JSON.stringify([network, targets, markers])
    const args = ['run', '--network', network, '--timeout', '2m', '-c', PROBE, request]
    const { exitCode, stdout, stderr } = await vulcan.run(args, { env })
    assert.deepEqual([exitCode, stderr], [0, ''])
    const seen: Seen = JSON.parse(stdout.toString())
    // The last of forty rounds is behind everything that was sent before.
    for (const to of markers) await world.hears(`${network} marker ${to} 39`)
    const heard = [world, host, neighbour]
    const reached = targets.filter((to) => heard.some((one) => one.heard(`${network} ${to}`)))
    await vulcan.assertNothingLeft()
    return { seen, reached }
  }

  test('a guest without a network has none, and reaches nothing', async (t) => {
    const { seen, reached } = await probe(t, 'none', [])
    assert.deepEqual(seen.links, ['lo'])
    assert.deepEqual(new Set(Object.values(seen.errors)), new Set([ENETUNREACH]))
    assert.deepEqual(reached, [])
  })

  test('with "public" a guest reaches global addresses over IPv4 and IPv6, and no others', async (t) => {
    const { seen, reached } = await probe(t, 'public', GLOBAL)
    assert.deepEqual(reached, GLOBAL)
    assert.deepEqual(seen.heard, ['hello', 'hello'])
    assert.deepEqual(seen.links, ['eth0', 'lo'])
    assert.equal(seen.resolver, 'nameserver 93.184.215.14\nnameserver 2606:2800:21f::14\n')
  })

  test('with "all" a guest reaches private addresses too, but no metadata, host or other guest', async (t) => {
    const { seen, reached } = await probe(t, 'all', GLOBAL)
    assert.deepEqual(reached, [...GLOBAL, ...PRIVATE])
    assert.deepEqual(seen.heard, ['hello', 'hello'])
  })

  for (const step of ['network', 'vmm', 'running']) {
    test(`after kill -9 in the step "${step}" the network goes with the VM`, async (t) => {
      const { vulcan, env } = await vulcanWithNetwork(t)
      const before = networkState()
      const wait = ['run', '-v', '--network', 'public', '-c', 'import time; time.sleep(600)']
      const child = vulcan.start(wait, env)
      await written(child, 'stderr', `vulcan: ${step} at`)
      child.kill('SIGKILL')
      await finish(child)
      const { exitCode, stdout, stderr } = await vulcan.run(['prune'], { env })
      assert.match(stdout.toString(), /^released VM \w{26}\n$/)
      assert.deepEqual([exitCode, stderr], [0, ''])
      await vulcan.assertNothingLeft()
      assert.equal(networkState(), before)
    })
  }

  test('a chain whose plugin is missing is told in one line, and leaves nothing', async (t) => {
    const { vulcan, env } = await vulcanWithNetwork(t)
    const before = networkState()
    const { exitCode, stderr } = await vulcan.run(
      ['run', '--network', 'public', '-c', 'print(1)'],
      { env: { ...env, VULCAN_FC_CNI_BIN_DIR: vulcan.runDir } },
    )
    assert.match(stderr, /^vulcan: network_failed: .*ptp.*\n$/)
    assert.equal(exitCode, 125)
    await vulcan.assertNothingLeft()
    assert.equal(networkState(), before)
  })
})

/** Says hello to every connection in the world. */
async function greeter(): Promise<AsyncDisposable> {
  const serve = `require('node:net').createServer((s) => s.end('hello'))
    .listen(${TCP_PORT}, '::', () => console.log('listening'))`
  const child = spawn('ip', ['netns', 'exec', 'world', process.execPath, '-e', serve], {
    stdio: ['ignore', 'pipe', 'inherit'],
    // Its own environment would make node:test take it for a test.
    env: { PATH: process.env['PATH'] },
  })
  await once(child.stdout, 'data')
  return {
    async [Symbol.asyncDispose]() {
      const exited = once(child, 'exit')
      child.kill('SIGKILL')
      await exited
    },
  }
}

/** Namespaces, links, rules and leases, without counters. */
function networkState(): string {
  return shell(`ip netns list
    ip -o link | cut -d: -f2
    nft list ruleset | sed 's/packets [0-9]* bytes [0-9]*//'
    ls /run/vulcan-network/*`)
}
