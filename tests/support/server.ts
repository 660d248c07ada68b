import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { type LogEvent, Vulcan, type Workload } from '@vulcan/client'
import type { Phase } from '@vulcan/schema'
import { machineKind } from './machine-kind.ts'
import { ServerProcess } from './server-process.ts'
import { VulcanUnderTest } from './vulcan.ts'

/** How a test wants its server. */
export interface ServerSetup {
  /** Variables, beside where it listens and what VMs are made of. */
  readonly env?: Readonly<Record<string, string>>
  /** Flags of `vulcan serve`. */
  readonly flags?: readonly string[]
}

/**
 * `vulcan serve` as an operator starts it, on a free port of the loopback, with directories of its
 * own. It can be started again on what an earlier process left in them.
 */
export class ServerUnderTest {
  readonly vulcan: VulcanUnderTest
  readonly #setup: ServerSetup
  readonly #processes: Set<ServerProcess>
  #url = ''

  private constructor(vulcan: VulcanUnderTest, setup: ServerSetup, processes: Set<ServerProcess>) {
    this.vulcan = vulcan
    this.#setup = setup
    this.#processes = processes
  }

  static async create(t: TestContext, setup: ServerSetup = {}): Promise<ServerUnderTest> {
    const processes = new Set<ServerProcess>()
    // Before its directories go.
    t.after(() => Promise.all([...processes].map((process) => process.kill())))
    return new ServerUnderTest(await VulcanUnderTest.create(t), setup, processes)
  }

  /** A server that serves. */
  static async start(t: TestContext, setup: ServerSetup = {}): Promise<ServerUnderTest> {
    const server = await ServerUnderTest.create(t, setup)
    await server.start()
    return server
  }

  async start(): Promise<void> {
    const line = await this.#spawn(this.#setup.flags ?? []).logged('"msg":"serving"')
    const { url }: { url: string } = JSON.parse(line)
    this.#url = url
  }

  /** Starts a process that is to refuse to serve; resolves with what it exits with and says. */
  async refusal(...flags: string[]): Promise<{ exitCode: unknown; log: string }> {
    const process = this.#spawn(flags)
    return { exitCode: await process.exited(), log: process.log }
  }

  /** Where it listens. */
  get url(): string {
    return this.#url
  }

  /** What the process that was started last has logged. */
  get log(): string {
    return this.#running.log
  }

  /** A client that tries nothing again, unless it is told to. */
  client(options: { apiKey?: string; retryMs?: number } = {}): Vulcan {
    return new Vulcan({ url: this.#url, retryMs: 0, ...options })
  }

  fetch(path: string, init?: RequestInit): Promise<Response> {
    return fetch(this.#url + path, init)
  }

  post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
    return this.fetch(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    })
  }

  /** Asks it to end, and resolves when it has heard that; it may take its time. */
  async terminate(): Promise<void> {
    this.#running.signal('SIGTERM')
    await this.#running.logged('"msg":"draining')
  }

  /** Asks it once more to end, now at once. */
  hurry(): void {
    this.#running.signal('SIGTERM')
  }

  /** Resolves when it has ended, as it should, and with nothing left. */
  async ended(): Promise<void> {
    assert.equal(await this.#running.exited(), 0, this.log)
    await this.vulcan.assertNothingLeft()
  }

  /** Asks it to end, and resolves when it has, with nothing left. */
  async stop(): Promise<void> {
    await this.terminate()
    await this.ended()
  }

  /** Ends it as a failing machine would. */
  async kill(): Promise<void> {
    await this.#running.kill()
  }

  /** The process that was started last. */
  get #running(): ServerProcess {
    const last = [...this.#processes].at(-1)
    assert.ok(last, 'the server was not started')
    return last
  }

  #spawn(flags: readonly string[]): ServerProcess {
    const isEmulated = !machineKind().kvm
    const child = this.vulcan.start(['serve', ...flags], {
      VULCAN_LISTEN_ADDR: '127.0.0.1:0',
      // What is started ahead would take the processors from what a test looks at.
      VULCAN_POOL_MAX: '0',
      ...(isEmulated ? { VULCAN_VMM: 'qemu' } : {}),
      ...this.#setup.env,
    })
    const process = new ServerProcess(child)
    this.#processes.add(process)
    return process
  }
}

/** A Python program that says that it runs, and goes on for as long as any test. */
export const ENDLESS = {
  runtime: 'python',
  code: 'import time\nprint("running", flush=True)\ntime.sleep(3600)',
  timeoutS: 3600,
} as const

/** A program that has all the time it needs on a busy machine. */
export function python(code: string) {
  return { runtime: 'python', code, timeoutS: 300 } as const
}

/** Resolves when a workload writes its first output. */
export async function untilOutput(client: Vulcan, { id }: Pick<Workload, 'id'>): Promise<void> {
  await untilEvent(client, id, ({ type }) => type === 'output')
}

/** Resolves when a workload comes to a phase. */
export async function untilPhase(
  client: Vulcan,
  { id }: Pick<Workload, 'id'>,
  phase: Phase,
): Promise<void> {
  await untilEvent(client, id, (event) => event.type === 'phase' && event.phase === phase)
}

async function untilEvent(
  client: Vulcan,
  id: string,
  isIt: (event: LogEvent) => boolean,
): Promise<void> {
  for await (const event of client.logs(id)) {
    if (isIt(event)) return
    if (event.type === 'done') {
      const { reason, error } = event.workload
      assert.fail(`workload ${id} ended without it: ${reason}: ${error}`)
    }
  }
  assert.fail(`the log of workload ${id} ended before it`)
}

/** What a workload wrote on one stream, as text. */
export function textOf(bytes: Uint8Array | null): string {
  assert.ok(bytes)
  return Buffer.from(bytes).toString()
}
