import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Case, call, done, gives, machineIs, perform } from '../case.ts'
import { exchange, request } from '../raw-http.ts'
import { assertExit } from './running.ts'

const ID_LENGTH_MAX = 64
/** Of Firecracker's exit codes (`FcExitCode`). */
const BAD_CONFIGURATION = 152
const ARGUMENT_PARSING = 153

/** The program's options and exit codes. */
export const commandLineCases: readonly Case[] = [
  {
    name: '--version tells the version and succeeds',
    async run(vmm) {
      const ended = await vmm.run('--version')
      assertExit(ended, 0)
      assert.match(ended.stdout, /^Firecracker v1\.16\.1\n/)
    },
  },
  {
    name: '--help names the options and succeeds',
    async run(vmm) {
      const ended = await vmm.run('--help')
      assertExit(ended, 0)
      for (const option of ['--api-sock', '--id', '--config-file', '--no-api', '--level']) {
        assert.ok(ended.stdout.includes(option), option)
      }
    },
  },
  {
    name: '--snapshot-version tells the version of snapshots',
    async run(vmm) {
      const ended = await vmm.run('--snapshot-version')
      assertExit(ended, 0)
      assert.match(ended.stdout, /^v\d+\.\d+\.\d+\n/)
    },
  },
  ends('an unknown option', ['--fly'], ARGUMENT_PARSING),
  ends('an option without its value', ['--id'], ARGUMENT_PARSING),
  ends('an option that comes twice', ['--id', 'a', '--id', 'b'], ARGUMENT_PARSING),
  ends('an argument that is no option', ['fly'], ARGUMENT_PARSING),
  ends('--no-api without --config-file', ['--no-api'], ARGUMENT_PARSING),
  ends(
    '--seccomp-filter with --no-seccomp',
    ['--seccomp-filter', '/x', '--no-seccomp'],
    ARGUMENT_PARSING,
  ),
  ends('an unknown level', ['--level', 'Loud'], BAD_CONFIGURATION),
  ...['', 'a b', 'a_b', 'x'.repeat(ID_LENGTH_MAX + 1)].map(
    (id): Case => ({
      name: `the id ${JSON.stringify(id.slice(0, 4))} of ${id.length} characters ends it without success`,
      async run(vmm) {
        const socketPath = join(vmm.files.dir, 'a.sock')
        const { exitCode } = await vmm.run('--api-sock', socketPath, '--id', id)
        assert.notEqual(exitCode, 0)
        assert.ok(!existsSync(socketPath))
      },
    }),
  ),
  {
    name: 'an id of 64 characters is told',
    async run(vmm) {
      const id = 'x-1'.padEnd(ID_LENGTH_MAX, 'y')
      await perform(await vmm.start('--id', id), machineIs('Not started', id))
    },
  },
  {
    name: 'a path where something is cannot be the API socket: 1',
    async run(vmm) {
      const path = join(vmm.files.dir, 'taken')
      await writeFile(path, 'mine')
      const ended = await vmm.run('--api-sock', path)
      assertExit(ended, 1)
      assert.ok((ended.stdout + ended.stderr).includes(path), 'it does not name the path')
      assert.equal(await readFile(path, 'utf8'), 'mine')
    },
  },
  {
    name: 'a directory that is missing cannot hold the API socket: 1',
    async run(vmm) {
      assertExit(await vmm.run('--api-sock', join(vmm.files.missing, 'a.sock')), 1)
    },
  },
  {
    name: 'a path that does not fit cannot be the API socket: 1',
    async run(vmm) {
      assertExit(await vmm.run('--api-sock', join(vmm.files.dir, 'x'.repeat(108))), 1)
    },
  },
  {
    name: '--log-path gets the log, and stdout none',
    async run(vmm) {
      const path = join(vmm.files.dir, 'log')
      const config = join(vmm.files.dir, 'config.json')
      const source = { kernel_image_path: vmm.files.kernelOf('reboots') }
      await writeFile(config, JSON.stringify({ 'boot-source': source, drives: [] }))
      await writeFile(path, '')
      const ended = await vmm.run('--no-api', '--config-file', config, '--log-path', path)
      assertExit(ended, 0)
      assert.equal(ended.stdout, '')
      assert.notEqual(await readFile(path, 'utf8'), '')
    },
  },
  {
    name: 'without --log-path the log is on stdout',
    async run(vmm) {
      const running = await vmm.start()
      await running.hasSaid('[anonymous-instance:')
    },
  },
  ...['info', 'INFO', 'Warning', 'off'].map(
    (level): Case => ({
      name: `--level ${level} is a level`,
      async run(vmm) {
        await vmm.start('--level', level)
      },
    }),
  ),
  {
    name: '--show-level, --show-log-origin, --boot-timer and the times are taken',
    async run(vmm) {
      const times = [
        '--start-time-us',
        '1',
        '--start-time-cpu-us',
        '1',
        '--parent-cpu-time-us',
        '1',
      ]
      await vmm.start('--show-level', '--show-log-origin', '--boot-timer', ...times)
    },
  },
  {
    name: '--http-api-max-payload-size is the limit of a body',
    async run(vmm) {
      const running = await vmm.start('--http-api-max-payload-size', '64')
      const body = JSON.stringify({ vcpu_count: 1, mem_size_mib: 128 })
      await perform(running, call('PUT /machine-config', body, done))
      const bytes = request('PUT /machine-config', body.padEnd(65))
      const answer = await exchange(running.socketPath, bytes)
      assert.match(answer.body, /size 65 is larger than the limit of 64 allowed/)
    },
  },
  {
    name: '--metadata fills the store of the metadata service',
    async run(vmm) {
      const path = join(vmm.files.dir, 'metadata.json')
      await writeFile(path, '{"a": [1]}')
      const running = await vmm.start('--metadata', path)
      await perform(running, call('GET /mmds', gives({ a: [1] })))
    },
  },
  {
    name: '--mmds-size-limit is the limit of the metadata',
    async run(vmm) {
      const running = await vmm.start('--mmds-size-limit', '10')
      const words = "MMDS limit exceeded error: The MMDS patch request doesn't fit."
      await perform(running, call('PUT /mmds', { a: 1 }, done))
      const answer = { status: 413, fault: words }
      await perform(running, call('PUT /mmds', { a: 'long enough' }, answer))
    },
  },
]

function ends(what: string, args: readonly string[], code: number): Case {
  return {
    name: `${what} ends it with ${code}`,
    async run(vmm) {
      assertExit(await vmm.run(...args), code)
    },
  }
}
