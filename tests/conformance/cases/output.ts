import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readMetrics } from '@vulcan/firecracker'
import { type Case, call, done, machineIs, perform } from '../case.ts'
import { SPOKEN } from '../tiny-guest.ts'
import { assertExit, boot } from './running.ts'

/** Where console, log and metrics go. */
export const outputCases: readonly Case[] = [
  {
    name: 'a console that was sent elsewhere is there, and not on stdout',
    async run(vmm) {
      const path = join(vmm.files.dir, 'console')
      const serial = call('PUT /serial', { serial_out_path: path }, done)
      const running = await boot(vmm, 'speaks-and-reboots', [serial])
      const ended = await running.ended()
      assertExit(ended, 0)
      assert.ok(existsSync(path), 'there is no such file')
      assert.equal(await readFile(path, 'utf8'), SPOKEN)
      assert.ok(!ended.stdout.includes(SPOKEN))
    },
  },
  {
    name: 'a log that was sent elsewhere is there',
    async run(vmm) {
      const path = join(vmm.files.dir, 'log')
      const logger = call('PUT /logger', { log_path: path, level: 'Info' }, done)
      assertExit(await (await boot(vmm, 'reboots', [logger])).ended(), 0)
      assert.notEqual(await readFile(path, 'utf8'), '')
    },
  },
  {
    name: 'a log that is off says nothing',
    async run(vmm) {
      const path = join(vmm.files.dir, 'log')
      const logger = call('PUT /logger', { log_path: path, level: 'Off' }, done)
      const running = await boot(vmm, 'idles', [logger])
      await perform(running, call('PATCH /vm', { state: 'Paused' }, done))
      assert.equal(await readFile(path, 'utf8'), '')
    },
  },
  {
    name: 'metrics that are flushed are a line of JSON',
    async run(vmm) {
      const path = join(vmm.files.dir, 'metrics')
      await writeFile(path, '')
      const metrics = call('PUT /metrics', { metrics_path: path }, done)
      const running = await boot(vmm, 'idles', [metrics])
      await perform(running, call('PUT /actions', { action_type: 'FlushMetrics' }, done))
      const [line = ''] = (await readFile(path, 'utf8')).trim().split('\n').slice(-1)
      assert.notEqual(line, '')
      assert.equal(typeof JSON.parse(line)['utc_timestamp_ms'], 'number')
    },
  },
  {
    name: 'metrics count what was asked, and the library reads them',
    async run(vmm) {
      const path = join(vmm.files.dir, 'metrics')
      await writeFile(path, '')
      const metrics = call('PUT /metrics', { metrics_path: path }, done)
      const running = await boot(vmm, 'idles', [metrics])
      const flush = call('PUT /actions', { action_type: 'FlushMetrics' }, done)
      for (const step of [flush, machineIs('Running'), machineIs('Running'), flush]) {
        await perform(running, step)
      }
      const lines = await Array.fromAsync(readMetrics({ path }))
      const [event] = lines.slice(-1)
      assert.equal(event?.kind, 'metrics')
      assert.ok(Math.abs(event.utcTimestampMs - Date.now()) < 60_000, String(event.utcTimestampMs))
      // Since the line before: the two questions, and this flush itself.
      assert.equal(event.values.get('get_api_requests.instance_info_count'), 2)
      assert.equal(event.values.get('put_api_requests.actions_count'), 1)
      assert.equal(event.values.get('vmm.panic_count'), 0)
    },
  },
]
