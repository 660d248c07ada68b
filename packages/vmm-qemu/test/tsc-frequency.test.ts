import assert from 'node:assert/strict'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { tscKhz } from '../src/tsc-frequency.ts'
import { fakeHost } from './support/fake-host.ts'

const NEVER = new AbortController().signal

test('it is measured once and known from then on', async (t) => {
  const { dir, env } = await fakeHost(t)
  const launch = join(env['VULCAN_LIBEXEC'] ?? '', 'vulcan-launch')
  assert.equal(await tscKhz(launch, dir, NEVER), 2_100_000)
  await rm(launch)
  assert.equal(await tscKhz(launch, dir, NEVER), 2_100_000)
})

for (const [what, text] of [
  ['of another boot', '{"boot_id":"another","tsc_khz":1}'],
  ['that is damaged', '{"boot_id":'],
] as const) {
  test(`a value ${what} is measured anew`, async (t) => {
    const { dir, env } = await fakeHost(t)
    const launch = join(env['VULCAN_LIBEXEC'] ?? '', 'vulcan-launch')
    await writeFile(join(dir, 'tsc.json'), text)
    assert.equal(await tscKhz(launch, dir, NEVER), 2_100_000)
    assert.match(await readFile(join(dir, 'tsc.json'), 'utf8'), /"tsc_khz":2100000/)
  })
}
