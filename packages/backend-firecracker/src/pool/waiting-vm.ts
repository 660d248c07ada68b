import { setTimeout as delay } from 'node:timers/promises'
import { BackendError } from '@vulcan/backend'
import { ulid } from 'ulid'
import { withAgent } from '../agent-operation.ts'
import { toBackendError } from '../failure.ts'
import { orAgentLost } from '../or-agent-lost.ts'
import { prepareRun } from '../prepare-run.ts'
import { MessageReader, readMessage, writeMessage } from '../protocol/framing.ts'
import { PING_REQUEST, parsePong } from '../protocol/messages.ts'
import type { Vm, VmHost } from '../vm.ts'
import { tellFailed } from '../vm-watcher.ts'
import type { Vms } from '../vms.ts'
import { bootFiles } from './boot-files.ts'
import type { Shape } from './shape.ts'

const PING_DEADLINE_MS = 30_000
/** How long the agent may take to end an interpreter that waits. */
const END_DEADLINE_MS = 10_000
const ASK_EVERY_MS = 50
/** Older ones are not handed out: the clock of a guest, which is set at its boot, goes its own way. */
const AGE_MAX_MS = 3_600_000
/** By how much the host's clock may have been set since. */
const CLOCK_SET_MAX_MS = 500

/** What a pool makes its VMs with. */
export interface VmMaker {
  readonly host: VmHost
  readonly vms: Vms
  /** Told what is wrong: why a VM could not be started, or was ended, or that a file cannot be read. */
  readonly onProblem: (error: unknown) => void
}

/** What may not change while a VM waits, since a new one would have it otherwise. */
interface Ground {
  /** See `bootFiles`. */
  readonly files: string
  /** What the host's clock is ahead of one that is never set, but stands still while a machine sleeps. */
  readonly clockMs: number
}

/** A VM that has its boot behind it, and whose agent has prepared a run. */
export class WaitingVm {
  readonly vm: Vm
  readonly shape: Shape
  /** Of the same clock as `performance.now`, like all times here. */
  readonly sinceMs = performance.now()
  readonly #maker: VmMaker
  readonly #ground: Ground
  #heardAtMs = performance.now()

  private constructor(maker: VmMaker, vm: Vm, shape: Shape, ground: Ground) {
    this.#maker = maker
    this.vm = vm
    this.shape = shape
    this.#ground = ground
  }

  /**
   * Boots one. What fails is released before this throws its `BackendError`. It is no end that would
   * be kept: no workload had it.
   */
  static async start(maker: VmMaker, shape: Shape, signal: AbortSignal): Promise<WaitingVm> {
    const { host, vms } = maker
    const files = bootFiles(host.config, shape.runtime, maker.onProblem)
    if (files === undefined) {
      throw new BackendError('image_missing', `an image for ${shape.runtime} is missing`)
    }
    const ground = { files, clockMs: clockMs() }
    const vm = vms.open(ulid(), { signal, pooled: true })
    try {
      await vms.boot(vm, shape)
      vm.prepared = await prepareRun(host, vm)
      vm.journal.waits()
      return new WaitingVm(maker, vm, shape, ground)
    } catch (cause) {
      const failure = await toBackendError(cause, vm)
      if (!signal.aborted) tellFailed(host, vm, failure.code)
      await vms.release(vm, undefined)
      throw failure
    }
  }

  /** Whether it runs, and is what a new one would be. */
  isUsable(): boolean {
    const { host, onProblem } = this.#maker
    const files = bootFiles(host.config, this.shape.runtime, onProblem)
    if (this.vm.exit !== undefined || files !== this.#ground.files) return false
    const setMs = Math.abs(clockMs() - this.#ground.clockMs)
    return setMs <= CLOCK_SET_MAX_MS && this.waitedMs() <= AGE_MAX_MS
  }

  waitedMs(): number {
    return performance.now() - this.sinceMs
  }

  /** How long nothing was heard of its agent. */
  silentMs(): number {
    return performance.now() - this.#heardAtMs
  }

  /** How long an interpreter has waited in it; 0 where none does. */
  interpreterMs(): number {
    const { prepared } = this.vm
    return prepared?.interpreter === 'waiting' ? performance.now() - prepared.atMs : 0
  }

  /**
   * Has the run prepared anew. It is in nobody's reach meanwhile. The agent refuses until it has ended
   * what it had prepared, so it is asked until then. Throws like `prepareRun`.
   */
  async prepareAgain(): Promise<void> {
    this.vm.prepared?.[Symbol.dispose]()
    this.vm.prepared = undefined
    const untilMs = performance.now() + END_DEADLINE_MS
    for (;;) {
      this.vm.prepared = await prepareRun(this.#maker.host, this.vm)
      if (this.vm.prepared !== undefined) break
      if (performance.now() > untilMs) {
        const late = `the agent did not end a prepared run within ${END_DEADLINE_MS} ms`
        throw new BackendError('agent_lost', late)
      }
      await delay(ASK_EVERY_MS, undefined, { signal: this.vm.signal })
    }
    this.#heardAtMs = performance.now()
  }

  /** Never rejects. One that has ended by itself says so to those who look. */
  async release(): Promise<void> {
    const error = 'the VMM ended while its VM waited'
    const end = { reason: 'vmm_crashed' as const, exitCode: null, error }
    await this.#maker.vms.release(this.vm, this.vm.exit === undefined ? undefined : end)
  }

  /** Asks its agent for a sign of life. Throws like any operation. */
  async ping(): Promise<void> {
    await withAgent(this.#maker.host, this.vm, async ({ connection, clock, signal }) => {
      const late = `the agent gave no sign of life within ${PING_DEADLINE_MS} ms`
      clock.restart(PING_DEADLINE_MS, new BackendError('agent_lost', late))
      await orAgentLost(writeMessage(connection, PING_REQUEST), signal)
      parsePong(await orAgentLost(readMessage(new MessageReader(connection)), signal))
    })
    this.#heardAtMs = performance.now()
  }
}

function clockMs(): number {
  return Date.now() - performance.now()
}
