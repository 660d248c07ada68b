import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { Log } from '../src/log.ts'
import { fakeHost } from './support/fake-host.ts'

test('an event is one line with time, id and level, whatever it contains', async (t) => {
  const path = join((await fakeHost(t)).dir, 'log')
  using log = new Log('vm-1', 'Info')
  log.configure({ path })
  log.error('one\r\ntwo')
  assert.match(await readFile(path, 'utf8'), /^\d{4}-\S+Z \[vm-1:Error\] one \| two\n$/)
})

test('what is below the level is left out', async (t) => {
  const path = join((await fakeHost(t)).dir, 'log')
  using log = new Log('vm-1', 'Info')
  log.configure({ path, level: 'Warn' })
  log.info('left out')
  log.warn('kept')
  assert.match(await readFile(path, 'utf8'), /^\S+ \[vm-1:Warn\] kept\n$/)
})

test('a file that cannot be opened is an error, and the log stays where it was', async (t) => {
  const { dir, file } = await fakeHost(t)
  const path = await file('log')
  using log = new Log('vm-1', 'Info')
  log.configure({ path })
  assert.throws(() => log.configure({ path: join(dir, 'missing/log') }), { code: 'ENOENT' })
  log.info('still here')
  assert.match(await readFile(path, 'utf8'), /still here/)
})
