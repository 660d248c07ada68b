import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { untilListening } from '../../support/vmm-under-test.ts'
import type { Ended, RunningVmm, VmmKind } from './vmm.ts'

/** One process of a VMM, killed where it still runs when this is disposed. */
export class VmmProcess implements RunningVmm, AsyncDisposable {
  readonly pid: number
  readonly socketPath: string
  readonly #child: ChildProcess
  readonly #ended: Promise<Ended>
  readonly #deadlineMs: number
  readonly #bootDeadlineMs: number
  #stdout = ''
  #stderr = ''

  constructor(kind: VmmKind, socketPath: string, args: readonly string[]) {
    const [program = '', ...own] = kind.command
    this.socketPath = socketPath
    this.#deadlineMs = kind.deadlineMs
    this.#bootDeadlineMs = kind.bootDeadlineMs
    this.#child = spawn(program, [...own, ...args], {
      env: kind.env,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    assert.ok(this.#child.pid, `${program} cannot be started`)
    this.pid = this.#child.pid
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout += text
    })
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text
    })
    this.#ended = once(this.#child, 'close').then(([exitCode, signal]) => {
      return { exitCode, signal, stdout: this.#stdout, stderr: this.#stderr }
    })
  }

  /** Resolves when its API listens; rejects where it ends instead. */
  async untilListening(): Promise<this> {
    const listening = untilListening(this.socketPath).then(() => undefined)
    const end = await Promise.race([listening, this.#ended])
    assert.equal(end, undefined, `it ended instead of listening: ${JSON.stringify(end)}`)
    return this
  }

  async ended(): Promise<Ended> {
    return await this.#inTime(this.#deadlineMs, this.#ended, 'it does not end')
  }

  async hasSaid(text: string, when: 'running' | 'booting' = 'running'): Promise<string> {
    const said = async () => {
      while (!this.#stdout.includes(text) && this.#child.stdout !== null) {
        await once(this.#child.stdout, 'data')
      }
      return this.#stdout
    }
    const deadlineMs = when === 'booting' ? this.#bootDeadlineMs : this.#deadlineMs
    return await this.#inTime(deadlineMs, said(), `it does not say ${JSON.stringify(text)}`)
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // vulcan-vmm ends its programs on SIGTERM.
    this.kill('SIGTERM')
    const hardly = setTimeout(() => this.kill('SIGKILL'), this.#deadlineMs)
    await this.#ended
    clearTimeout(hardly)
  }

  async #inTime<Value>(
    deadlineMs: number,
    work: Promise<Value>,
    otherwise: string,
  ): Promise<Value> {
    const { promise: late, reject } = Promise.withResolvers<never>()
    const timer = setTimeout(() => {
      reject(new assert.AssertionError({ message: `${otherwise} in time` }))
    }, deadlineMs)
    try {
      return await Promise.race([work, late])
    } finally {
      clearTimeout(timer)
    }
  }
}
