import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { VulcanUnderTest } from '../support/vulcan.ts'
import { writeProgram } from '../support/write-program.ts'

const CACHE = '/usr/local/go/cache'

test('a Go file runs with arguments, input, environment and exit code, alone in its directory', async (t) => {
  const vulcan = await VulcanUnderTest.create(t)
  const directory = await writeProgram(vulcan, {
    'greet.go': `package main

import (
	"fmt"
	"io"
	"os"
)

func main() {
	input, _ := io.ReadAll(os.Stdin)
	fmt.Printf("%q %s %s\\n", os.Args[1:], input, os.Getenv("GREETING"))
	entries, _ := os.ReadDir(".")
	fmt.Fprintln(os.Stderr, entries, os.Getuid())
	os.Exit(7)
}
`,
  })
  const { exitCode, stdout, stderr } = await vulcan.run(
    ['run', '-e', 'GREETING=hi', '--input', '-', join(directory, 'greet.go'), 'a b', '--flag'],
    { stdin: 'compiled' },
  )
  assert.equal(stderr, '[- greet.go] 1000\n')
  assert.equal(stdout.toString(), '["a b" "--flag"] compiled hi\n')
  assert.equal(exitCode, 7)
  await vulcan.assertNothingLeft()
})

test('what does not compile says so with the name of the file, as the failure of the program', async (t) => {
  const vulcan = await VulcanUnderTest.create(t)
  const directory = await writeProgram(vulcan, {
    'broken.go': 'package main\n\nfunc main() {\n\tundefined()\n}\n',
  })
  const run = await vulcan.run(['run', '--json', join(directory, 'broken.go')])
  const { stdout, stderr, reason, exit_code } = JSON.parse(run.stdout.toString())
  assert.equal(stdout, '')
  assert.match(stderr, /^# command-line-arguments\n\.\/broken\.go:4:2: undefined: undefined\n$/)
  assert.deepEqual({ reason, exit_code }, { reason: 'exited', exit_code: 1 })
  assert.equal(run.exitCode, 1)
  await vulcan.assertNothingLeft()
})

test('a missing dependency fails with the reason: nothing is downloaded', async (t) => {
  const vulcan = await VulcanUnderTest.create(t)
  const directory = await writeProgram(vulcan, {
    'import.go': 'package main\n\nimport _ "example.com/dependency"\n\nfunc main() {}\n',
  })
  const { exitCode, stderr } = await vulcan.run(['run', join(directory, 'import.go')])
  assert.match(stderr, /^import\.go:3:8: no required module provides package example\.com\/dep/)
  assert.match(stderr, /\nvulcan: .*nothing is downloaded in a VM: .*go mod vendor.*\n$/)
  assert.equal(exitCode, 1)
  await vulcan.assertNothingLeft()
})

test('the time of a program begins when it is built', async (t) => {
  const vulcan = await VulcanUnderTest.create(t)
  const directory = await writeProgram(vulcan, {
    'endless.go': 'package main\n\nfunc main() {\n\tprintln("started")\n\tfor {\n\t}\n}\n',
  })
  const args = ['run', '--timeout', '1s', join(directory, 'endless.go')]
  const { exitCode, stderr } = await vulcan.run(args)
  assert.match(stderr, /^started\nvulcan: timeout: timeout after 1s\n/)
  assert.equal(exitCode, 124)
  await vulcan.assertNothingLeft()
})

test("no entry of the image's build cache ever counts as old, and all are the workload's", () => {
  const home = process.env['VULCAN_HOME'] ?? '/var/lib/vulcan'
  const image = join(home, 'rootfs/go.ext4')
  const debugfs = (commands: readonly string[]) =>
    execFileSync('debugfs', ['-f', '-', image], {
      input: commands.join('\n'),
      encoding: 'utf8',
      stdio: ['pipe', 'pipe', 'ignore'],
      env: { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin`, TZ: 'UTC' },
      maxBuffer: 64 * 1024 * 1024,
    })
  const buckets = Array.from({ length: 256 }, (_, at) => at.toString(16).padStart(2, '0'))
  const listing = debugfs(buckets.map((bucket) => `ls -p ${CACHE}/${bucket}`))
  // "/inode/mode/uid/gid/name/size/"
  const entries = [...listing.matchAll(/^\/(\d+)\/(\d+)\/(\d+)\/(\d+)\/([0-9a-f]{64}-[ad])\//gm)]
  assert.ok(entries.length > 500, `${entries.length} entries`)
  assert.deepEqual(
    new Set(entries.map(([, , , uid, gid]) => `${uid}:${gid}`)),
    new Set(['1000:1000']),
  )
  const times = debugfs(entries.map(([, inode]) => `stat <${inode}>`))
  const mtimes = [...times.matchAll(/^ ?mtime: .* (\d{4})$/gm)].map(([, year]) => year)
  assert.equal(mtimes.length, entries.length)
  // Some versions of debugfs read what lies beyond 2038 as 136 years later.
  assert.deepEqual(
    mtimes.filter((year) => year !== '2100' && year !== '2236'),
    [],
  )
})
