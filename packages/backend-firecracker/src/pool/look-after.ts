import type { Shelf } from './shelf.ts'
import type { WaitingVm } from './waiting-vm.ts'

/** A guest of which nothing was heard for so long is asked; its pages stay in memory by it, too. */
const SILENT_MAX_MS = 30_000
/** An interpreter that has waited for 10 minutes is of no use to the agent. */
const INTERPRETER_MAX_MS = 8 * 60_000

/** One that is too old after an hour is replaced before, when all others are there. */
const RENEWED_AFTER_MS = 50 * 60_000

/** What is to be done about a VM that waits. */
export type Care = 'nothing' | 'end' | 'spare' | 'ping'

/** `spare`: it waits in vain, since the shelf has more than its minimum. */
export function careFor(waiting: WaitingVm, shelf: Shelf, idleMs: number): Care {
  const isFirst = shelf.ready[0] === waiting
  if (isFirst && shelf.size > shelf.min && waiting.waitedMs() > idleMs) return 'spare'
  if (!waiting.isUsable()) return 'end'
  if (isFirst && shelf.isComplete && waiting.waitedMs() > RENEWED_AFTER_MS) return 'end'
  return waiting.silentMs() > SILENT_MAX_MS ? 'ping' : 'nothing'
}

/** The VM of a shelf whose interpreter has waited for too long to be of use for long. */
export function staleIn(shelf: Shelf): WaitingVm | undefined {
  return shelf.ready.find((waiting) => waiting.interpreterMs() > INTERPRETER_MAX_MS)
}
