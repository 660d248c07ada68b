import assert from 'node:assert/strict'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { agentReady, type Message, Operation, operate, text } from './support/guest-agent.ts'
import { IMAGES, VmmUnderTest } from './support/vmm-under-test.ts'

interface Language {
  readonly runtime: string
  /** Prints its argument, a variable and what it reads. */
  readonly code: string
  /** Read by the interpreter when it starts. */
  readonly variable: string
}

const languages: readonly Language[] = [
  {
    runtime: 'python',
    code: "import os, sys; print(sys.argv[1], os.environ['MINE'], sys.stdin.read())",
    variable: 'PYTHONHASHSEED',
  },
  {
    runtime: 'node',
    code: "console.log(process.argv[2], process.env.MINE, require('node:fs').readFileSync(0, 'utf8'))",
    variable: 'NODE_DEBUG',
  },
]

async function boot(t: TestContext, runtime: string): Promise<string> {
  const vmm = await VmmUnderTest.start(t)
  const drive = { is_root_device: false, is_read_only: false }
  const scratch = await vmm.drive('scratch', 64, 'ext4')
  const ready = agentReady(t, vmm.udsPath)
  await vmm.boot([
    {
      drive_id: 'root',
      path_on_host: join(dirname(IMAGES.rootfs), `${runtime}.ext4`),
      is_root_device: true,
      is_read_only: true,
    },
    { ...drive, drive_id: 'scratch', path_on_host: scratch },
  ])
  const agent = await ready
  agent.destroy()
  return vmm.udsPath
}

function request({ runtime, code }: Language, env: Readonly<Record<string, string>> = {}): Message {
  const input = Buffer.from('input').toString('base64')
  return { type: 'run', runtime, code, args: ['word'], input, env: { MINE: 'value', ...env } }
}

/** What a run said of its start; it must have ended well. */
function startOf(messages: readonly Message[]): Message | undefined {
  assert.partialDeepStrictEqual(
    messages.at(-1),
    { response: { exit_code: 0 } },
    text(messages, 'stderr'),
  )
  assert.equal(text(messages, 'stdout'), 'word value input\n')
  return messages[0]
}

async function prepare(udsPath: string): Promise<Operation> {
  const operation = await Operation.start(udsPath, { type: 'prepare' })
  assert.deepEqual(await operation.next(), { type: 'prepared', interpreter: 'waiting' })
  return operation
}

for (const language of languages) {
  test(`in a VM that waits, ${language.runtime} waits too, and runs what comes`, async (t) => {
    const udsPath = await boot(t, language.runtime)
    const timed = async (name: string, run: () => Promise<readonly Message[]>) => {
      const beganMs = performance.now()
      const messages = await run()
      t.diagnostic(`${language.runtime} ${name}: ${Math.round(performance.now() - beganMs)} ms`)
      return startOf(messages)
    }
    const fresh = { type: 'started', interpreter: 'fresh' }
    assert.deepEqual(await timed('first', () => operate(udsPath, request(language))), fresh)
    assert.deepEqual(await timed('fresh', () => operate(udsPath, request(language))), fresh)
    {
      using prepared = await prepare(udsPath)
      const [pong] = await operate(udsPath, { type: 'ping' })
      assert.equal(pong?.['type'], 'result')
      const [refused] = await operate(udsPath, request(language))
      assert.partialDeepStrictEqual(refused, { response: { reason: 'invalid_request' } })
      prepared.send(request(language))
      const start = await timed('warm', () => prepared.rest())
      assert.deepEqual(start, { type: 'started', interpreter: 'warm' })
    }
    using prepared = await prepare(udsPath)
    prepared.send(request(language, { [language.variable]: '0' }))
    assert.deepEqual(startOf(await prepared.rest()), { ...fresh, because: 'environment' })
  })
}

test('in a VM that waits, the Go toolchain has built something, and nothing of it is left', async (t) => {
  const udsPath = await boot(t, 'go')
  using prepared = await Operation.start(udsPath, { type: 'prepare' })
  assert.deepEqual(await prepared.next(), { type: 'prepared', interpreter: 'none' })
  const code = `package main
import ("fmt"; "os")
func main() {
  for _, directory := range []string{"/tmp", "/work"} {
    entries, _ := os.ReadDir(directory)
    fmt.Println(entries)
  }
}`
  const beganMs = performance.now()
  prepared.send({ type: 'run', runtime: 'go', code, timeout_s: 120 })
  const messages = await prepared.rest()
  t.diagnostic(`go, built and run: ${Math.round(performance.now() - beganMs)} ms`)
  assert.deepEqual(messages[0], { type: 'started', interpreter: 'fresh' })
  assert.equal(text(messages, 'stdout'), '[d vulcan/]\n[- main.go]\n', text(messages, 'stderr'))
})
