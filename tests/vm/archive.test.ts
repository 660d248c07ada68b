import assert from 'node:assert/strict'
import { test } from 'node:test'
import { VulcanUnderTest } from '../support/vulcan.ts'
import { writeProgram } from '../support/write-program.ts'

test('a Python directory runs its entrypoint, which finds what lies beside it', async (t) => {
  const vulcan = await VulcanUnderTest.create(t)
  const directory = await writeProgram(vulcan, {
    'app.py': 'import helper\nfrom package.part import fail\nprint(helper.NAME)\nfail()\n',
    'helper.py': 'NAME = "beside"\n',
    'package/__init__.py': '',
    'package/part.py': 'def fail():\n    raise ValueError("on purpose")\n',
  })
  const { exitCode, stdout, stderr } = await vulcan.run([
    'run',
    ...['--entrypoint', 'app.py'],
    directory,
  ])
  assert.equal(stdout.toString(), 'beside\n')
  assert.match(stderr, /File "\/work\/app\.py", line 4/)
  assert.match(
    stderr,
    /File "\/work\/package\/part\.py", line 2, in fail\n.*\nValueError: on purpose/,
  )
  assert.equal(exitCode, 1)
  await vulcan.assertNothingLeft()
})

test('Go files without a go.mod are built together, and a panic names the file of the user', async (t) => {
  const vulcan = await VulcanUnderTest.create(t)
  const directory = await writeProgram(vulcan, {
    'main.go': 'package main\n\nfunc main() {\n\tprintln(helper(0))\n}\n',
    'helper.go': 'package main\n\nfunc helper(zero int) int {\n\treturn 1 / zero\n}\n',
    'helper_windows.go': 'package main\n\nfunc helper(zero int) int { return 0 }\n',
    'helper_test.go': 'package main\n\nfunc helper(zero int) int { return 0 }\n',
  })
  const { exitCode, stderr } = await vulcan.run(['run', '--runtime', 'go', directory])
  assert.match(stderr, /panic: runtime error: integer divide by zero/)
  assert.match(stderr, /main\.helper\(.*\)\n\t\/work\/helper\.go:4\b/)
  assert.match(stderr, /main\.main\(\)\n\t\/work\/main\.go:4\b/)
  assert.equal(exitCode, 2)
  await vulcan.assertNothingLeft()
})

/** A module with two programs and a dependency in `vendor`. */
const MODULE = {
  'go.mod': 'module example.com/app\n\ngo 1.26\n\nrequire example.com/dependency v1.2.3\n',
  'vendor/modules.txt':
    '# example.com/dependency v1.2.3\n## explicit; go 1.26\nexample.com/dependency\n',
  'vendor/example.com/dependency/it.go': 'package dependency\n\nconst Name = "vendored"\n',
  'internal/part/part.go': 'package part\n\nimport _ "embed"\n\n//go:embed text\nvar Text string\n',
  'internal/part/text': 'embedded',
  'cmd/one/main.go': `package main

import (
	"fmt"

	"example.com/app/internal/part"
	"example.com/dependency"
)

func main() { fmt.Println(part.Text, dependency.Name) }
`,
  'cmd/two/main.go': 'package main\n\nfunc main() {\n\tother()\n}\n',
  'cmd/two/other.go': 'package main\n\nfunc other() int {\n\treturn "text"\n}\n',
}

test('a Go module runs the package of its entrypoint, with what it vendors', async (t) => {
  const vulcan = await VulcanUnderTest.create(t)
  const directory = await writeProgram(vulcan, MODULE)
  const { exitCode, stdout, stderr } = await vulcan.run([
    'run',
    ...['--entrypoint', 'cmd/one/main.go'],
    directory,
  ])
  assert.equal(stderr, '')
  assert.equal(stdout.toString(), 'embedded vendored\n')
  assert.equal(exitCode, 0)
  await vulcan.assertNothingLeft()
})

test('a mistake in a Go module is named from the root of the module', async (t) => {
  const vulcan = await VulcanUnderTest.create(t)
  const directory = await writeProgram(vulcan, MODULE)
  const { exitCode, stderr } = await vulcan.run([
    'run',
    ...['--entrypoint', 'cmd/two/main.go'],
    directory,
  ])
  assert.match(stderr, /^cmd\/two\/other\.go:4:9: cannot use "text"/m)
  assert.equal(exitCode, 1)
  await vulcan.assertNothingLeft()
})

test('a Go module that does not vendor what it requires is told that nothing is downloaded', async (t) => {
  const vulcan = await VulcanUnderTest.create(t)
  const directory = await writeProgram(vulcan, {
    'nested/go.mod': MODULE['go.mod'],
    'nested/main.go': 'package main\n\nimport _ "example.com/dependency"\n\nfunc main() {}\n',
  })
  const { exitCode, stderr } = await vulcan.run([
    'run',
    ...['--entrypoint', 'nested/main.go'],
    directory,
  ])
  assert.match(stderr, /^main\.go:3:8: /)
  assert.match(stderr, /\nvulcan: .*nothing is downloaded in a VM: .*go mod vendor.*\n$/)
  assert.equal(exitCode, 1)
  await vulcan.assertNothingLeft()
})
