import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { ServerUnderTest } from '../support/server.ts'
import { type Finished, finish, written } from '../support/vulcan.ts'
import { writeProgram } from '../support/write-program.ts'

const WAITS = 'import time\nprint("running", flush=True)\ntime.sleep(3600)'
const LONG = ['--timeout', '5m']

test('"vulcan run" on a server is as it is here', { concurrency: 2 }, async (t) => {
  const server = await ServerUnderTest.start(t, { env: { VULCAN_FC_MAX_CONCURRENT_VMS: '2' } })
  const { vulcan } = server
  const there = { VULCAN_API_URL: server.url }

  /** Runs the same here and there, and resolves with how it went there: as it went here. */
  const both = async (args: readonly string[], stdin = ''): Promise<Finished> => {
    const [remote, local] = await Promise.all([
      vulcan.run(['run', ...args], { stdin, env: there }),
      vulcan.run(['run', ...args], { stdin }),
    ])
    assert.deepEqual(withoutOwn(remote), withoutOwn(local))
    return remote
  }

  await Promise.all([
    t.test(
      'a program has its arguments, input and environment, and its bytes come back',
      async () => {
        const directory = await writeProgram(vulcan, {
          'app.py': [
            'import helper, os, sys',
            'print(sys.argv, sys.stdin.read(), os.environ["WORD"], helper.NAME, flush=True)',
            'sys.stdout.buffer.write(bytes(range(256)))',
            'print("on stderr", file=sys.stderr)',
            'sys.exit(3)',
          ].join('\n'),
          'helper.py': 'NAME = "beside"\n',
        })
        const input = join(vulcan.runDir, 'input')
        await writeFile(input, 'from a file')
        const flags = ['--entrypoint', 'app.py', '-e', 'WORD=h=o', '--input', input, ...LONG]
        const { exitCode, stdout, stderr } = await both([...flags, directory, 'a b', '-v'])
        const text = Buffer.from("['app.py', 'a b', '-v'] from a file h=o beside\n")
        const bytes = Buffer.from(Array.from({ length: 256 }, (_, at) => at))
        assert.ok(stdout.equals(Buffer.concat([text, bytes])), stdout.toString())
        assert.deepEqual([exitCode, stderr], [3, 'on stderr\n'])
      },
    ),

    t.test('one document says the same, but for ids and times', async () => {
      const code = 'import os, sys; print("out"); sys.stderr.buffer.write(b"\\xff"); os.abort()'
      const { exitCode, stdout } = await both(['--json', ...LONG, '-c', code])
      assert.equal(exitCode, 134)
      assert.partialDeepStrictEqual(JSON.parse(stdout.toString()), {
        ...{ status: 'completed', reason: 'exited', stdout: 'out\n', stderr: '/w==' },
      })
    }),

    t.test('output is cut at the same byte, and said to be', async () => {
      const code = 'print("0123456789" * 100_000)'
      const flags = ['--output-limit', '1001', ...LONG]
      const { exitCode, stdout, stderr } = await both([...flags, '-c', code])
      assert.deepEqual([exitCode, stdout.length], [0, 1001])
      assert.equal(stderr, 'vulcan: stdout was cut at --output-limit\n')
    }),

    t.test('a program that takes too long is ended, and exits alike', async () => {
      const { exitCode, stdout, stderr } = await both(['--timeout', '20s', '-c', WAITS])
      assert.deepEqual([exitCode, stdout.toString()], [124, 'running\n'])
      assert.equal(stderr, 'vulcan: timeout: timeout after 20s\n')
    }),

    t.test('what cannot be run is refused with the same words', async () => {
      for (const args of [
        ['--cpus', '0', '-c', '1'],
        ['--runtime', 'cobol', '-c', '1'],
        ['--network', 'all', '-c', '1'],
      ]) {
        const { exitCode, stderr } = await both(args)
        assert.equal(exitCode, 125, stderr)
        assert.match(stderr, /^vulcan: /)
      }
    }),

    t.test('Ctrl-C kills the workload on the server', async () => {
      const child = vulcan.start(['run', ...LONG, '-c', WAITS], there)
      await written(child, 'stdout', 'running')
      child.kill('SIGINT')
      const { exitCode, stderr } = await finish(child)
      assert.equal(stderr, 'vulcan: killed: killed\n')
      assert.equal(exitCode, 130)
      const [killed] = await Array.fromAsync(server.client().list({ status: 'killed' }))
      assert.equal(killed?.reason, 'killed')
    }),
  ])
  await server.stop()
})

/** Without what is each run's own. */
function withoutOwn({ exitCode, signal, stdout, stderr }: Finished): object {
  const text = stdout.toString('latin1')
  if (!text.startsWith('{')) return { exitCode, signal, stderr, text }
  const { id, duration_ms, phases, ...document } = JSON.parse(text)
  return { exitCode, signal, stderr, document, phases: phases.map(nameOf) }
}

function nameOf({ phase }: { readonly phase: string }): string {
  return phase
}
