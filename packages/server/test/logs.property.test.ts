import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Execution } from '@vulcan/backend/testing'
import { MemoryStore, SqliteStore } from '@vulcan/engine'
import { LogHistory, type OutputStream } from '@vulcan/schema'
import { Random } from './support/random.ts'
import { readEvents } from './support/read-events.ts'
import { openServer } from './support/server-under-test.ts'
import { temporaryDirectory } from './support/temporary-directory.ts'

interface Written {
  readonly stream: OutputStream
  readonly text: string
}

/** Text that is hard to make lines of: all ends of lines, long and empty ones, characters of 1 to 4 bytes. */
function randomOutput(random: Random): Written[] {
  const parts = ['\n', '\r', '\r\n', '\n\r', 'a', 'data: x', ':', 'ü', '€', '\u{1f30b}', ' ', '\0']
  return Array.from({ length: 1 + random.below(60) }, () => ({
    stream: random.one(['stdout', 'stderr'] as const),
    text:
      random.below(40) === 0
        ? '€'.repeat(random.below(60_000))
        : Array.from({ length: random.below(6) }, () => random.one(parts)).join(''),
  }))
}

/** What the lines are, a character at a time. */
function linesOf(written: readonly Written[]): string[] {
  const lines: string[] = []
  const tails = {
    stdout: { text: '', bytes: 0, cr: false },
    stderr: { text: '', bytes: 0, cr: false },
  }
  for (const { stream, text } of written) {
    const tail = tails[stream]
    const end = () => {
      lines.push(tail.text)
      Object.assign(tail, { text: '', bytes: 0 })
    }
    for (const character of text) {
      const { cr } = tail
      tail.cr = character === '\r'
      if (character === '\n' && cr) continue
      if (character === '\n' || character === '\r') {
        end()
        continue
      }
      // A line that grows beyond 64 KiB is cut before the character that is one too many.
      const bytes = Buffer.byteLength(character)
      if (tail.bytes + bytes > 64 * 1024) end()
      tail.text += character
      tail.bytes += bytes
    }
  }
  for (const { text } of Object.values(tails)) if (text !== '') lines.push(text)
  return lines
}

async function writeAll(execution: Execution, written: readonly Written[], random: Random) {
  for (const { stream, text } of written) {
    for (const piece of random.cut(
      Buffer.from(text),
      random.one([1, 7, 100_000]) + text.length / 50,
    )) {
      await execution.write(piece, stream)
    }
  }
  execution.exit()
}

/** Reads the lines as a client does that loses its connection now and then. */
async function readCut(url: string, random: Random): Promise<string[]> {
  const lines: string[] = []
  let last = -1
  for (;;) {
    const headers: Record<string, string> = last < 0 ? {} : { 'last-event-id': String(last) }
    const response = await fetch(url, { headers })
    let left = 1 + random.below(30)
    for await (const event of readEvents(response.body)) {
      if (event === 'comment') continue
      if (event.event === 'done') return lines
      assert.equal(Number(event.id), last + 1)
      last += 1
      lines.push(event.data)
      left -= 1
      // Leaving the loop ends the connection, in the middle of whatever it carries.
      if (left === 0) break
    }
  }
}

for (const kind of ['memory', 'disk'] as const) {
  test(`however output and connections are cut, its lines are the same: store in ${kind}`, async (t) => {
    const random = new Random()
    t.diagnostic(`seed ${random.seed}`)
    const path = join(await temporaryDirectory(t), 'vulcan.db')
    await using store = kind === 'disk' ? await SqliteStore.open(path) : new MemoryStore()
    await using api = await openServer({ engine: { store } })
    for (let round = 0; round < 12; round += 1) {
      const written = randomOutput(random)
      const { id, execution } = await api.begin()
      const url = `${api.url}/v1/workloads/${id}/logs`
      const live = [readCut(url, random), readCut(url, random)]
      await writeAll(execution, written, random)
      const after = readCut(url, random)
      const expected = linesOf(written)
      for (const lines of await Promise.all([...live, after])) assert.deepEqual(lines, expected)
      const history = LogHistory.parse(await (await fetch(`${url}/history`)).json())
      assert.deepEqual(
        history.lines.map(({ line }) => line),
        expected,
      )
    }
  })
}
