import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { test } from 'node:test'
import { machineKind } from '../support/machine-kind.ts'
import { inOuterNamespace } from '../support/outer-namespace.ts'
import { finish, VulcanUnderTest } from '../support/vulcan.ts'

const CLONE = resolve(import.meta.dirname, '../..')
/** What the tests' own set-up has done, and what needs KVM and the jailer. */
const NOT_RUN = ['make demo', 'VULCAN_FC_JAILER=true VULCAN_LISTEN_ADDR=:8080 vulcan serve']
const SERVE = 'vulcan serve'

/** The blocks as one script, in which the server is in the background and is ended as by Ctrl-C. */
async function script(): Promise<string> {
  const text = await readFile(resolve(CLONE, 'docs/getting-started.md'), 'utf8')
  const blocks = [...text.matchAll(/^```sh\n([\s\S]*?)\n```$/gm)].map(([, block = '']) => block)
  for (const block of [...NOT_RUN, SERVE]) assert.ok(blocks.includes(block), block)
  // As the document says of a trial.
  const serve = machineKind().kvm ? SERVE : `VULCAN_VMM=qemu ${SERVE}`
  return [
    'set -eu',
    ...blocks
      .filter((block) => !NOT_RUN.includes(block))
      .map((block) => (block === SERVE ? `${serve} >&2 & server=$!` : block)),
    'kill -INT "$server"',
    'wait "$server"',
  ].join('\n')
}

// The document's port may be taken outside.
await inOuterNamespace(import.meta.filename, () => {
  test('every command of docs/getting-started.md does what the document says', async (t) => {
    const vulcan = await VulcanUnderTest.create(t)
    const child = spawn('sh', ['-c', `(${await script()})`], {
      cwd: CLONE,
      env: vulcan.env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    })
    t.after(() => {
      // All of its group, the server among them; none of it is there when all went well.
      if (child.exitCode === null && child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
    })
    const { exitCode, stdout, stderr } = await finish(child)
    const said = stdout.toString()
    assert.equal(exitCode, 0, `${said}\n${stderr}`)
    for (const words of [
      'hello world\nfrom standard input: some input\n',
      'it exited with 3\n',
      '"status":"ready"',
      Buffer.from('42\n').toString('base64'),
      'from the server\n',
      '\nlater\n',
    ]) {
      assert.ok(said.includes(words), `not printed: ${words}\n${said}`)
    }
    assert.match(said, /^vk_\S+ +ci +valid/m)
    await vulcan.assertNothingLeft()
  })
})
