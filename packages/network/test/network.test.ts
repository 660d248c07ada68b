import assert from 'node:assert/strict'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { Network, NetworkError, type NetworkErrorCode, type NetworkSettings } from '../src/index.ts'
import { temporaryDirectory } from './support/temporary-directory.ts'

interface Machine extends NetworkSettings {
  readonly write: (name: string, conflist: unknown) => Promise<void>
}

/** A machine with the plugins that the tests name, none of which is ever run. */
async function machine(t: TestContext): Promise<Machine> {
  const root = await temporaryDirectory(t)
  const cniConfigDir = join(root, 'conf')
  const binDir = join(root, 'bin')
  await mkdir(cniConfigDir)
  await mkdir(binDir)
  for (const type of ['ptp', 'host-local', 'firewall', 'bridge', 'macvlan', 'tc-redirect-tap']) {
    await writeFile(join(binDir, type), '#!/bin/false\n', { mode: 0o755 })
  }
  const write = (name: string, conflist: unknown) => {
    const text = typeof conflist === 'string' ? conflist : JSON.stringify(conflist)
    return writeFile(join(cniConfigDir, name), text, { mode: 0o600 })
  }
  return { cniConfigDir, cniBinDirs: [join(root, 'empty'), binDir], write }
}

const chain = (...types: string[]) => ({
  cniVersion: '1.0.0',
  name: 'mine',
  plugins: types.map((type) => ({ type })),
})

async function assertRefused(
  settings: NetworkSettings,
  code: NetworkErrorCode,
  message: RegExp,
): Promise<void> {
  await assert.rejects(Network.open(settings), (error) => {
    assert.ok(error instanceof NetworkError, String(error))
    assert.equal(error.code, code)
    assert.match(error.message, message)
    return true
  })
}

test('the first conflist by name is the one that counts', async (t) => {
  const on = await machine(t)
  await on.write('20-other.conflist', '{')
  await on.write('10-mine.conflist', chain('macvlan'))
  await on.write('05-no-list.conf', '{')
  await assertRefused(on, 'network_config_invalid', /"mine" has macvlan/)
})

test("a chain's IPAM plugin must be there, too", async (t) => {
  const on = await machine(t)
  await on.write('a.conflist', { ...chain(), plugins: [{ type: 'ptp', ipam: { type: 'absent' } }] })
  await assertRefused(on, 'cni_plugin_missing', /absent/)
})

test('a plugin that is in no plugin directory is named', async (t) => {
  const on = await machine(t)
  await on.write('a.conflist', chain('ptp', 'unknown'))
  await assertRefused(on, 'cni_plugin_missing', /unknown .*containernetworking-plugins/)
})

for (const [what, conflist, message] of [
  ['broken JSON', '{', /a\.conflist/],
  ['no plugins', chain(), /plugins/],
  ['a version that is not known', { ...chain('ptp'), cniVersion: '9.9.9' }, /cniVersion/],
  ['a plugin given as a path', chain('../bin/ptp'), /name of a plugin/],
  ['64 KiB and more', ' '.repeat(64 * 1024 + 1), /longer than/],
  ['macvlan', chain('macvlan'), /host's side/],
  ['something after tc-redirect-tap', chain('ptp', 'tc-redirect-tap', 'firewall'), /last/],
] as const) {
  test(`a conflist with ${what} is refused`, async (t) => {
    const on = await machine(t)
    await on.write('a.conflist', conflist)
    await assertRefused(on, 'network_config_invalid', message)
  })
}

test('a bridge is refused, since guests on it reach each other below the filter', async (t) => {
  const on = await machine(t)
  await on.write('a.conflist', chain('bridge', 'firewall'))
  await assertRefused(on, 'bridge_not_isolated', /use ptp/)
})

test('a conflist or a plugin that others can write is refused', async (t) => {
  const on = await machine(t)
  await on.write('a.conflist', chain('ptp'))
  await chmod(join(on.cniConfigDir, 'a.conflist'), 0o666)
  await assertRefused(on, 'network_config_invalid', /others can write .*a\.conflist/)
  await chmod(join(on.cniConfigDir, 'a.conflist'), 0o600)
  await chmod(join(on.cniBinDirs[1]!, 'ptp'), 0o775)
  await assertRefused(on, 'network_config_invalid', /others can write .*ptp/)
})
