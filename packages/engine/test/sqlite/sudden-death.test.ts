import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { SqliteStore } from '@vulcan/engine'
import { openEngine, textsOf } from '../support/engine-under-test.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const program = join(import.meta.dirname, '../support/doomed-process.ts')

/** How many lines each of the processes gets to say: different moments of their lives. */
const LINES_BEFORE_DEATH = [1, 7, 40, 90, 41]

/** What a process was told before it was killed, by the first word of its lines. */
async function doomed(path: string, first: number, lineCount: number) {
  const child = spawn(process.execPath, [program, path, String(first)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  const lines: string[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line)
    if (lines.length === lineCount) child.kill('SIGKILL')
  }
  assert.equal((await exited)[1], 'SIGKILL')
  return (word: string) =>
    lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.split(' ').slice(1))
}

test('what was acknowledged survives kill -9, and every workload is accounted for', async (t) => {
  const path = join(await temporaryDirectory(t), 'vulcan.db')
  const accepted = new Set<string>()
  const ended = new Set<string>()
  const stored: string[][] = []
  for (const [at, lineCount] of LINES_BEFORE_DEATH.entries()) {
    const told = await doomed(path, at * 10_000, lineCount)
    assert.deepEqual(told('problem'), [])
    for (const [id = ''] of told('accepted')) accepted.add(id)
    for (const [id = ''] of told('ended')) ended.add(id)
    stored.push(...told('stored'))
  }
  assert.ok(accepted.size > 20 && ended.size > 5 && stored.length > 5)

  await using store = await SqliteStore.open(path)
  const before = await store.list({ limit: 100, status: 'completed' })
  assert.ok(before.total >= ended.size)
  for (const id of ended) assert.equal((await store.get(id))?.end?.reason, 'exited')
  await using world = await openEngine({ store })
  const { engine, backend } = world
  while (engine.load.waiting + engine.load.running > 0) {
    for (const execution of backend.executions) execution.exit()
    await turn()
  }
  for (const id of accepted) {
    const { status, end } = await engine.get(id)
    assert.ok(end !== null, `${id} is ${status}`)
    assert.match(end.reason, /^(exited|owner_died)$/)
  }
  for (const [id = '', seq, ...words] of stored) {
    const [event] = (await store.events(id, Number(seq) - 1)).events
    assert.deepEqual(event && textsOf([event]), [words.join(' ')])
  }
  let cursor: string | undefined
  do {
    const page = await engine.list({ limit: 100, cursor })
    for (const { id } of page.workloads) {
      const kept = await store.keptRequest('', `key of ${id}`, 0)
      assert.deepEqual(kept, { workloadId: id, requestHash: id })
    }
    cursor = page.nextCursor ?? undefined
  } while (cursor !== undefined)
  const { total, byStatus } = await engine.stats()
  assert.deepEqual([byStatus.pending, byStatus.running], [0, 0])
  assert.ok(total >= accepted.size)
  assert.deepEqual(await readdir(`${path}-specs`), [])
})
