import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { agentReady, operate, python } from './support/guest-agent.ts'
import { inOuterNamespace } from './support/outer-namespace.ts'
import { IMAGES, VM_USER, VmmUnderTest } from './support/vmm-under-test.ts'

const ROOT_DRIVE = {
  drive_id: 'root',
  path_on_host: IMAGES.rootfs,
  is_root_device: true,
  is_read_only: true,
}
const MAC = '06:00:c0:00:02:02'
const INTERFACE = { iface_id: 'eth0', host_dev_name: 'tap0', guest_mac: MAC, mtu: 1400 }

/** Tells every caller who he is, and on its stdout that it listens. */
const SERVER = `
require('node:net').createServer((socket) => socket.end(socket.remoteAddress))
  .listen(7000, '::', () => console.log('listening'))`

await inOuterNamespace(import.meta.filename, () => {
  test('a guest has the network that configure says, over IPv4 and IPv6', async (t) => {
    const slot = await makeSlot(t, 'slot')
    const vmm = await VmmUnderTest.start(t, { netnsPath: slot })
    await vmm.api('PUT', '/network-interfaces/eth0', INTERFACE)
    await boot(t, vmm)
    await t.test('vulcan-vmm is in the namespace, and what it starts in empty ones', async () => {
      await assertNamespaces(vmm, slot)
    })
    await t.test('a link with its networks', async () => {
      await configure(vmm, {
        address: ['192.0.2.2/24', '2001:db8::2/64'],
        gateway: ['192.0.2.1', '2001:db8::1'],
        dns: ['192.0.2.53', '2001:db8::53'],
      })
      assert.deepEqual(await look(vmm), {
        links: ['eth0', 'lo'],
        mac: MAC,
        mtu: '1400',
        accept_ra: '0',
        resolver: 'nameserver 192.0.2.53\nnameserver 2001:db8::53\n',
        resolver_mode: '0o100644',
        loopback: 'works',
        reached: {
          '192.0.2.1': '::ffff:192.0.2.2',
          '198.51.100.1': '::ffff:192.0.2.2',
          '2001:db8::1': '2001:db8::2',
          '2001:db8:1::1': '2001:db8::2',
        },
        refused: ['link EPERM', 'address EPERM', 'packets EPERM', 'raw EPERM'],
      })
    })
    await t.test('then another network, with gateways outside', async () => {
      await configure(vmm, {
        address: ['203.0.113.2/32', '2001:db8:2::2/128'],
        gateway: ['192.0.2.1', '2001:db8::1'],
        dns: '192.0.2.54',
        mtu: 1300,
      })
      assert.partialDeepStrictEqual(await look(vmm), {
        mtu: '1300',
        resolver: 'nameserver 192.0.2.54\n',
        reached: {
          '192.0.2.1': '::ffff:203.0.113.2',
          '198.51.100.1': '::ffff:203.0.113.2',
          '2001:db8::1': '2001:db8:2::2',
          '2001:db8:1::1': '2001:db8:2::2',
        },
      })
    })
    await t.test('what is wrong is refused and changes nothing', async () => {
      const wrong = { type: 'configure', address: '192.0.2.9/24', gateway: '198.51.100.300' }
      const [final] = await operate(vmm.udsPath, wrong)
      assert.partialDeepStrictEqual(final, { response: { reason: 'invalid_request' } })
      assert.partialDeepStrictEqual(await look(vmm), {
        reached: { '192.0.2.1': '::ffff:203.0.113.2' },
      })
    })
  })

  test('a guest without a network device says so, and has loopback only', async (t) => {
    const vmm = await VmmUnderTest.start(t)
    await boot(t, vmm)
    const [final] = await operate(vmm.udsPath, { type: 'configure', address: '192.0.2.2/24' })
    const error = 'network: finding the network device: this VM has 0 network devices, not one'
    assert.deepEqual(final, { type: 'result', response: { error } })
    const code = `import os; print(os.listdir("/sys/class/net"), open("/proc/modules").read())`
    const seen = await python(vmm.udsPath, code)
    assert.match(seen, /^\['lo'\] /)
    assert.match(seen, /virtio_blk/)
    assert.doesNotMatch(seen, /virtio_net|failover/)
  })
})

/** A namespace with a TAP, and behind it a server and a network further away. Returns its path. */
async function makeSlot(t: TestContext, name: string): Promise<string> {
  const ip = (...args: string[]) => execFileSync('ip', args)
  ip('netns', 'add', name)
  const inside = (...args: string[]) => ip('-netns', name, ...args)
  inside('tuntap', 'add', 'tap0', 'mode', 'tap')
  for (const link of ['lo', 'tap0']) inside('link', 'set', link, 'up')
  for (const address of ['192.0.2.1/24', '2001:db8::1/64'])
    inside('address', 'add', address, 'dev', 'tap0', ...(address.includes(':') ? ['nodad'] : []))
  for (const address of ['198.51.100.1/32', '2001:db8:1::1/128'])
    inside('address', 'add', address, 'dev', 'lo')
  // The way back to the addresses that are in no network of the TAP.
  for (const address of ['203.0.113.2/32', '2001:db8:2::2/128'])
    inside('route', 'add', address, 'dev', 'tap0')
  const args = ['netns', 'exec', name, process.execPath, '--eval', SERVER]
  const server = spawn('ip', args, { stdio: ['ignore', 'pipe', 'inherit'] })
  t.after(() => server.kill('SIGKILL'))
  await once(server.stdout, 'data')
  return join('/run/netns', name)
}

async function boot(t: TestContext, vmm: VmmUnderTest): Promise<void> {
  const scratch = await vmm.drive('scratch', 64, 'ext4')
  const ready = agentReady(t, vmm.udsPath)
  const drive = { drive_id: 'scratch', path_on_host: scratch, is_root_device: false }
  await vmm.boot([ROOT_DRIVE, drive])
  ;(await ready).destroy()
}

async function configure(vmm: VmmUnderTest, network: Record<string, unknown>): Promise<void> {
  const [final] = await operate(vmm.udsPath, { type: 'configure', ...network })
  assert.deepEqual(final, { type: 'result', response: { error: '' } })
}

async function assertNamespaces(vmm: VmmUnderTest, slot: string): Promise<void> {
  const inode = (path: string) => statSync(path).ino
  const record = JSON.parse(await readFile(join(vmm.dir, 'vmm.pid'), 'utf8'))
  assert.equal(record.pid, vmm.process.pid)
  assert.equal(inode(`/proc/${record.pid}/ns/net`), inode(slot))
  for (const name of ['qemu', 'vhost-device-vs']) {
    const pid = await vmm.child(name)
    assert.notEqual(inode(`/proc/${pid}/ns/net`), inode(slot))
    const devices = readFileSync(`/proc/${pid}/net/dev`, 'utf8')
    assert.deepEqual(devices.match(/\S+(?=:)/g), ['lo'])
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    assert.match(status, new RegExp(`^Uid:\t${VM_USER}\t`, 'm'))
    assert.match(status, /^CapEff:\t0+$/m)
  }
}

/** What a workload sees of the network, and what it can do in it. */
async function look(vmm: VmmUnderTest): Promise<unknown> {
  return JSON.parse(
    await python(
      vmm.udsPath,
      `
import errno, fcntl, json, os, socket, struct
def read(path): return open(path).read()
def reach(address):
    with socket.create_connection((address, 7000), timeout=30) as connection:
        return connection.makefile().read()
def loopback():
    for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        with socket.create_server((address, 0), family=family) as server:
            socket.create_connection(server.getsockname()[:2], timeout=30).close()
    return "works"
def attempt(name, action):
    try: action()
    except OSError as error: return name + " " + errno.errorcode[error.errno]
    return name + " succeeded"
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
def down(): fcntl.ioctl(udp, 0x8914, struct.pack("16sh22x", b"eth0", 0))
def readdress():
    address = struct.pack("HH4s8x", socket.AF_INET, 0, socket.inet_aton("192.0.2.7"))
    fcntl.ioctl(udp, 0x8916, struct.pack("16s16s8x", b"eth0", address))
print(json.dumps({
    "links": sorted(os.listdir("/sys/class/net")),
    "mac": read("/sys/class/net/eth0/address").strip(),
    "mtu": read("/sys/class/net/eth0/mtu").strip(),
    "accept_ra": read("/proc/sys/net/ipv6/conf/eth0/accept_ra").strip(),
    "resolver": read("/etc/resolv.conf"),
    "resolver_mode": oct(os.stat("/etc/resolv.conf").st_mode),
    "loopback": loopback(),
    "reached": {a: reach(a) for a in ("192.0.2.1", "198.51.100.1", "2001:db8::1", "2001:db8:1::1")},
    "refused": [
        attempt("link", down),
        attempt("address", readdress),
        attempt("packets", lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW)),
        attempt("raw", lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)),
    ],
}))
`,
    ),
  )
}
