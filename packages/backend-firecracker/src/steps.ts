import type { Ready } from './protocol/messages.ts'
import type { VmHost } from './vm.ts'

/**
 * What a VM and its workload are waited for, in the order in which it mostly comes; some of it goes on
 * beside something else. Finer than the phases, and for a trace only.
 */
export type StepName =
  | 'image'
  | 'drives'
  | 'network'
  /** The VMM's process, up to its API. */
  | 'spawn'
  | 'configure'
  /** From the call that starts the guest until its kernel's clock begins. */
  | 'start'
  | 'kernel'
  | 'initrd'
  /** From the image's root in place until the agent takes connections. */
  | 'agent'
  /** Until the agent's word is here; all of the guest's boot where the agent does not tell more. */
  | 'ready'
  /** The guest is told its addresses. */
  | 'address'
  | 'request'
  /** What the agent does before the program runs: its files, a build, its processes. */
  | 'interpreter'
  | 'first_byte'
  /** From the first byte, or without output from the program's start, to the agent's last word. */
  | 'response'
  | 'release'

/** One step that has ended. Times are those of `performance.now()`. */
export interface Step {
  readonly name: StepName
  readonly beganAtMs: number
  readonly endedAtMs: number
}

/** Tells of steps of which each begins where the one before it ended. One that fails is not told. */
export class Steps {
  readonly #onStep: VmHost['onStep']
  #atMs: number

  constructor({ onStep }: Pick<VmHost, 'onStep'>, beganAtMs = performance.now()) {
    this.#onStep = onStep
    this.#atMs = beganAtMs
  }

  ended(name: StepName, endedAtMs = performance.now()): void {
    this.#onStep?.({ name, beganAtMs: this.#atMs, endedAtMs })
    this.#atMs = endedAtMs
  }
}

/**
 * The steps from the guest's start until its agent's word is here, as its agent tells them. That comes
 * from a guest: whatever it says, each step stays within what the host has seen.
 */
export function tellBoot(host: VmHost, startedAtMs: number, { uptimeMs, stages }: Ready): void {
  const readyAtMs = performance.now()
  const steps = new Steps(host, startedAtMs)
  if (uptimeMs !== undefined && stages !== undefined) {
    let atMs = startedAtMs
    const reached = (name: StepName, sinceKernelMs: number | undefined) => {
      if (sinceKernelMs === undefined) return
      atMs = Math.min(Math.max(atMs, readyAtMs - uptimeMs + sinceKernelMs), readyAtMs)
      steps.ended(name, atMs)
    }
    reached('start', 0)
    reached('kernel', stages.initMs)
    reached('initrd', stages.rootMs)
    reached('agent', stages.listeningMs)
  }
  steps.ended('ready', readyAtMs)
}
