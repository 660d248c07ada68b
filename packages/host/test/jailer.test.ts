import assert from 'node:assert/strict'
import { mkdir, rename, rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { examine } from '@vulcan/host'
import { ConfigError } from '@vulcan/schema'
import { readSettings } from '../src/settings.ts'
import { completeMachine, program } from './fixtures/complete-machine.ts'

const skip = process.getuid?.() === 0 ? false : 'only root makes jails'

const refuses = (variable: string, words: RegExp) => (error: unknown) => {
  assert.ok(error instanceof ConfigError, String(error))
  assert.equal(error.variable, variable)
  assert.match(error.message, words)
  return true
}

test('the jailer is refused with QEMU, which has none', async (t) => {
  const { env } = await completeMachine(t)
  await assert.rejects(
    readSettings({ ...env, VULCAN_FC_JAILER: 'true', VULCAN_VMM: 'qemu' }),
    refuses('VULCAN_FC_JAILER', /only "false" where VULCAN_VMM is "qemu"/),
  )
})

test('a jailer is found beside Firecracker or by its variable, and what is missing is told', {
  skip,
}, async (t) => {
  const { env, libexec, directory } = await completeMachine(t)
  const jailed = { ...env, VULCAN_FC_JAILER: 'true' }
  await program(join(libexec, 'firecracker'), 'echo Firecracker v1.16.1')
  await assert.rejects(
    readSettings(jailed),
    refuses('VULCAN_FC_JAILER', /there is none at .*\/libexec\/jailer: it is in each release/),
  )
  await program(join(libexec, 'jailer'), 'echo Jailer v1.16.1')
  assert.equal((await readSettings(jailed)).config.jailerEnabled, true)
  const elsewhere = join(directory, 'another-name')
  await rename(join(libexec, 'jailer'), elsewhere)
  const settings = await readSettings({ ...jailed, VULCAN_FC_JAILER_BIN: elsewhere })
  assert.equal(settings.config.jailerBin, elsewhere)
  await assert.rejects(
    readSettings({ ...jailed, VULCAN_FC_JAILER_BIN: '/bin/true' }),
    refuses('VULCAN_FC_JAILER_BIN', /is "\/bin\/true", but takes the path of Firecracker's jailer/),
  )
})

test('a data directory whose jails would have no room for sockets is refused', {
  skip,
}, async (t) => {
  const { env, home, libexec, directory } = await completeMachine(t)
  await program(join(directory, `firecracker-${'x'.repeat(60)}`), 'echo Firecracker v1.16.1')
  await symlink(join(directory, `firecracker-${'x'.repeat(60)}`), join(libexec, 'firecracker'))
  await program(join(libexec, 'jailer'), 'echo Jailer v1.16.1')
  await assert.rejects(
    readSettings({ ...env, VULCAN_FC_JAILER: 'true' }),
    refuses('VULCAN_HOME', /with VULCAN_FC_JAILER a path that is \d+ bytes shorter/),
  )
  await rm(join(libexec, 'firecracker'))
  await mkdir(home, { recursive: true })
  await program(join(libexec, 'firecracker'), 'echo Firecracker v1.16.1')
  assert.equal(
    (await readSettings({ ...env, VULCAN_FC_JAILER: 'true' })).config.jailerEnabled,
    true,
  )
})

test('doctor tells which jailer is used, or that none is', { skip }, async (t) => {
  const { env, libexec } = await completeMachine(t)
  await program(join(libexec, 'firecracker'), 'echo Firecracker v1.16.1')
  await program(join(libexec, 'jailer'), 'echo Jailer v1.16.1')
  const finding = async (jailer: string) => {
    for await (const { code, finding } of examine(
      { ...env, VULCAN_FC_JAILER: jailer },
      new AbortController().signal,
    )) {
      if (code === 'jailer') return finding
    }
    return assert.fail('no "jailer"')
  }
  assert.match(await finding('true'), /^1\.16\.1 at .*\/jailer, with cgroups of version [12]$/)
  assert.equal(await finding('false'), 'not used, since VULCAN_FC_JAILER is "false"')
})
