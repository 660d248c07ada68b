import { VulcanError } from '@vulcan/schema'
import type { ShutdownStage } from './shutdown.ts'

/** Why a VMM did not come to the point where its API answers. */
export type VmmStartFailure = 'not_spawned' | 'not_watched' | 'exited' | 'deadline'

/** The VMM was not started; nothing of it runs any more. */
export class VmmStartError extends VulcanError<'vmm_start_failed'> {
  readonly reason: VmmStartFailure
  readonly binary: string
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  readonly stderrTail: string

  constructor(
    details: {
      readonly reason: VmmStartFailure
      readonly binary: string
      readonly exitCode?: number | null
      readonly signal?: NodeJS.Signals | null
      readonly stderrTail?: string
      readonly explanation: string
    },
    options?: ErrorOptions,
  ) {
    const stderrTail = details.stderrTail ?? ''
    const said = stderrTail === '' ? '' : `; its stderr ends with: ${stderrTail.trimEnd()}`
    super('vmm_start_failed', `${details.binary} ${details.explanation}${said}`, options)
    this.reason = details.reason
    this.binary = details.binary
    this.exitCode = details.exitCode ?? null
    this.signal = details.signal ?? null
    this.stderrTail = stderrTail
  }
}

/** The VMM's process, or another that holds its stdout, outlived every stage of the shutdown. */
export class VmmStillRunningError extends VulcanError<'vmm_still_running'> {
  readonly pid: number
  readonly stages: readonly ShutdownStage[]

  constructor(pid: number, stages: readonly ShutdownStage[]) {
    const names = stages.map(({ stage, timeoutMs }) => `${stage} (${timeoutMs} ms)`).join(', ')
    super(
      'vmm_still_running',
      `process ${pid}, or a child that holds its stdout, still runs after: ${names}; keep its files`,
    )
    this.pid = pid
    this.stages = stages
  }
}
