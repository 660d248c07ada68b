import assert from 'node:assert/strict'
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Probe, SendRequest } from './probe.ts'

const DATAGRAMS = join(import.meta.dirname, 'datagrams.ts')

/** Runs a shell script; throws with its standard error. */
export function shell(script: string): string {
  return execFileSync('sh', ['-ec', script], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

/** Node in a namespace, or in the host's. */
function start(namespace: string | undefined, mode: string): ChildProcess {
  const node = [process.execPath, DATAGRAMS, mode]
  const [program = '', ...args] =
    namespace === undefined ? node : ['ip', 'netns', 'exec', namespace, ...node]
  // Its own environment would make node:test take it for a test.
  return spawn(program, args, {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { PATH: process.env['PATH'] },
  })
}

/** Listens at all addresses of a namespace and remembers what came. */
export class Listener implements AsyncDisposable {
  readonly #heard = new Set<string>()
  readonly #child: ChildProcess
  #changed = Promise.withResolvers<void>()

  static async in(namespace: string | undefined): Promise<Listener> {
    const listener = new Listener(start(namespace, 'listen'))
    await listener.hears('listening')
    return listener
  }

  private constructor(child: ChildProcess) {
    this.#child = child
    assert.ok(child.stdout)
    createInterface({ input: child.stdout }).on('line', (line) => {
      this.#heard.add(line)
      this.#changed.resolve()
    })
  }

  /** Waits for it. */
  async hears(id: string): Promise<void> {
    while (!this.#heard.has(id)) {
      this.#changed = Promise.withResolvers<void>()
      await this.#changed.promise
    }
  }

  heard(id: string): boolean {
    return this.#heard.has(id)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const exited = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await exited
  }
}

const SEND_DEADLINE_MS = 20_000

let sent = 0

export interface Sending {
  /** A namespace; default: the host's. */
  readonly namespace?: string
  readonly targets: readonly string[]
  /** Where the first listener hears, and from which address. */
  readonly markers: readonly Pick<Probe, 'to' | 'from'>[]
  readonly listeners: readonly [Listener, ...Listener[]]
  /** The address to send from; default: what the kernel chooses. */
  readonly source?: string
}

/** Sends one datagram to each target, and returns to which of them it came, as the listeners say. */
export async function reachable(sending: Sending): Promise<string[]> {
  const { namespace, targets, listeners, source } = sending
  sent += 1
  const probe = (to: string): Probe => ({
    id: `${sent} ${to}`,
    to,
    ...(source === undefined ? {} : { from: source }),
  })
  const markers = sending.markers.map((marker) => ({
    id: `${sent} marker ${marker.to}`,
    ...marker,
  }))
  await send(namespace, { probes: targets.map(probe), markers }, async () => {
    for (const { id } of markers) await listeners[0].hears(`${id} 2`)
  })
  return targets.filter((to) => listeners.some((listener) => listener.heard(probe(to).id)))
}

/** Ends the sender once all has arrived. */
async function send(
  namespace: string | undefined,
  request: SendRequest,
  arrived: () => Promise<void>,
): Promise<void> {
  const child = start(namespace, 'send')
  const exited = once(child, 'exit', { signal: AbortSignal.timeout(SEND_DEADLINE_MS) })
  try {
    child.stdin?.write(`${JSON.stringify(request)}\n`)
    await Promise.race([arrived(), exited])
    child.stdin?.end()
    const [code] = await exited
    assert.equal(code, 0, `sending from ${namespace ?? 'the host'} failed`)
  } finally {
    child.kill('SIGKILL')
  }
}
