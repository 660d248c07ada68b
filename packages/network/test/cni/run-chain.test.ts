import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, watch } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { addChain, checkChain, deleteChain } from '../../src/cni/run-chain.ts'
import { NetworkError, type NetworkErrorCode } from '../../src/index.ts'
import { answer, result, type StandInPlugins, standInPlugins } from '../support/stand-in-plugins.ts'

const nowhere = () => undefined

async function failureOf(work: Promise<unknown>, code: NetworkErrorCode): Promise<NetworkError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof NetworkError, `not a NetworkError: ${String(error)}`)
  assert.equal(error.code, code)
  return error
}

async function onePlugin(t: TestContext, script: string): Promise<StandInPlugins> {
  const plugins = await standInPlugins(t)
  await plugins.install('one', script)
  return plugins
}

test('ADD runs the plugins in order, each with the result of the one before', async (t) => {
  const plugins = await standInPlugins(t)
  const first = result('1.0.0', '198.19.0.2/17')
  const second = result('1.0.0', '198.19.0.3/17')
  await plugins.install('one', answer(first))
  await plugins.install('two', answer(second))
  const known: unknown[] = []
  const last = await addChain(plugins.attachment(['one', 'two']), (each) => known.push(each))
  assert.deepEqual(last, second)
  assert.deepEqual(known, [first, second])
  const calls = await plugins.calls()
  assert.deepEqual(
    calls.map(({ type, command, config }) => [type, command, config['prevResult']]),
    [
      ['one', 'ADD', undefined],
      ['two', 'ADD', first],
    ],
  )
  assert.deepEqual(calls[0]?.config, { type: 'one', name: 'test', cniVersion: '1.0.0' })
})

test("a plugin gets the specification's environment and no other", async (t) => {
  const plugins = await onePlugin(t, answer(result()))
  await addChain(plugins.attachment(['one']), nowhere)
  assert.deepEqual((await plugins.calls())[0]?.env, [
    'CNI_ARGS=IgnoreUnknown=1',
    'CNI_COMMAND=ADD',
    'CNI_CONTAINERID=container-1',
    'CNI_IFNAME=eth0',
    'CNI_NETNS=/run/netns/none',
    `CNI_PATH=${plugins.directory}`,
    'PATH=/usr/sbin:/usr/bin:/sbin:/bin',
  ])
})

test('CHECK goes in order and DEL in reverse, both with the result', async (t) => {
  const plugins = await standInPlugins(t)
  for (const type of ['one', 'two']) await plugins.install(type, ':')
  const attachment = plugins.attachment(['one', 'two'])
  await checkChain(attachment, result('1.0.0'))
  await deleteChain(attachment, result('1.0.0'))
  const calls = await plugins.calls()
  assert.deepEqual(
    calls.map(({ type, command }) => `${command} ${type}`),
    ['CHECK one', 'CHECK two', 'DEL two', 'DEL one'],
  )
  for (const { config } of calls) assert.deepEqual(config['prevResult'], result())
})

test('a chain before 0.4.0 knows neither CHECK nor a result at DEL', async (t) => {
  const plugins = await onePlugin(t, ':')
  const attachment = plugins.attachment(['one'], '0.3.1')
  await checkChain(attachment, result('0.3.1'))
  await deleteChain(attachment, result('0.3.1'))
  const calls = await plugins.calls()
  assert.deepEqual(
    calls.map(({ command, config }) => [command, config['prevResult']]),
    [['DEL', undefined]],
  )
})

test('a plugin that fails at DEL does not keep the others from theirs', async (t) => {
  const plugins = await standInPlugins(t)
  await plugins.install('one', ':')
  await plugins.install('two', 'exit 1')
  const deleted = deleteChain(plugins.attachment(['one', 'two']), undefined)
  assert.equal((await failureOf(deleted, 'cni_failed')).plugin, 'two')
  assert.deepEqual(
    (await plugins.calls()).map(({ type }) => type),
    ['two', 'two', 'one'],
  )
})

test('a missing plugin is named', async (t) => {
  const plugins = await standInPlugins(t)
  const added = addChain(plugins.attachment(['absent']), nowhere)
  assert.equal((await failureOf(added, 'cni_plugin_missing')).plugin, 'absent')
})

test("a plugin's own error is carried", async (t) => {
  const own = { cniVersion: '1.0.0', code: 11, msg: 'try again later', details: 'no lease' }
  const plugins = await onePlugin(t, `echo complaint >&2; ${answer(own)}; exit 1`)
  const error = await failureOf(addChain(plugins.attachment(['one']), nowhere), 'cni_failed')
  assert.deepEqual(error.pluginError, { code: 11, msg: 'try again later', details: 'no lease' })
  assert.equal(error.step, 'ADD')
  assert.equal(error.stderrTail, 'complaint')
  assert.match(error.message, /try again later/)
})

test('a plugin that fails without an error of its own is told by its end', async (t) => {
  const plugins = await onePlugin(t, 'echo nonsense; exit 3')
  const error = await failureOf(addChain(plugins.attachment(['one']), nowhere), 'cni_failed')
  assert.match(error.message, /exited with code 3/)
})

for (const [answers, script, message] of [
  ['nothing', ':', /no result/],
  ['garbage', 'echo garbage', /no result/],
  ['an address that is none', answer(result('1.0.0', '300.1.1.1/8')), /no result/],
  ['in another version', answer(result('0.4.0')), /version 0\.4\.0/],
] as const) {
  test(`a plugin that answers ${answers} has failed`, async (t) => {
    const plugins = await onePlugin(t, script)
    const error = await failureOf(addChain(plugins.attachment(['one']), nowhere), 'cni_failed')
    assert.match(error.message, message)
  })
}

test('a link name that would end a string of nft is refused', async (t) => {
  const bad = { ...result(), interfaces: [{ name: 'x" } }' }] }
  const plugins = await onePlugin(t, answer(bad))
  await failureOf(addChain(plugins.attachment(['one']), nowhere), 'cni_failed')
})

test('a plugin without end of output is killed', async (t) => {
  const plugins = await onePlugin(t, 'exec yes')
  const error = await failureOf(addChain(plugins.attachment(['one']), nowhere), 'cni_failed')
  assert.match(error.message, /more than 65536 bytes/)
})

test('a plugin that hangs is killed at its deadline, with what it has started', async (t) => {
  const plugins = await onePlugin(t, 'sleep 1000 & echo $! >"$0.child"; wait')
  const added = addChain(plugins.attachment(['one']), nowhere, { deadlineMs: 1000 })
  await failureOf(added, 'cni_timeout')
  await assertGone(await childOf(plugins))
})

test('an abort kills the plugin and is what ADD throws', async (t) => {
  const plugins = await onePlugin(t, 'sleep 1000 & echo $! >"$0.child"; wait')
  const abort = new AbortController()
  const started = untilWritten(plugins)
  const added = addChain(plugins.attachment(['one']), nowhere, { signal: abort.signal })
  await started
  const reason = new Error('enough')
  abort.abort(reason)
  await assert.rejects(added, reason)
  await assertGone(await childOf(plugins))
})

test('a plugin dies with the process that runs it', async (t) => {
  const plugins = await onePlugin(t, 'echo $$ >"$0.child"; exec sleep 1000')
  const started = untilWritten(plugins)
  const runChain = join(import.meta.dirname, '../../src/cni/run-chain.ts')
  const script = `const { addChain } = await import(${JSON.stringify(runChain)})
    await addChain(${JSON.stringify(plugins.attachment(['one']))}, () => undefined)`
  const owner = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'ignore' })
  const exited = once(owner, 'exit')
  await started
  const plugin = await childOf(plugins)
  owner.kill('SIGKILL')
  await exited
  await assertGone(plugin)
})

async function untilWritten({ directory }: StandInPlugins): Promise<void> {
  for await (const { filename } of watch(directory)) {
    if (filename !== 'one.child') continue
    if ((await readFile(join(directory, filename), 'utf8')).endsWith('\n')) return
  }
}

const childOf = async ({ directory }: StandInPlugins) =>
  Number(await readFile(join(directory, 'one.child'), 'utf8'))

/** A killed process stays in the table until somebody reaps it, so its state counts, not its number. */
async function assertGone(pid: number): Promise<void> {
  while (await isRunning(pid)) await new Promise((resolve) => setImmediate(resolve))
}

async function isRunning(pid: number): Promise<boolean> {
  const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  return status !== '' && !/\) [ZX] /.test(status)
}
