import { appendFileSync } from 'node:fs'
import { NetworkMode, PHASES, type Phase, Reason, Runtime } from '@vulcan/schema'
import * as z from 'zod'
import type { Holding } from './holding.ts'
import { readLines } from './lines.ts'

/** A guest has a say in the words for its end. */
const ERROR_CHARACTERS_MAX = 2_000

/** What a VM is, from its beginning on. */
export const VmFacts = z.object({
  runtime: Runtime,
  cid: z.int(),
  vcpus: z.int(),
  memMib: z.int(),
  network: NetworkMode,
  /** Whether it was started before its workload came. */
  pooled: z.boolean().default(false),
  /** Name and version of its VMM. */
  vmm: z.string(),
})
export type VmFacts = z.infer<typeof VmFacts>

/** Why it ended. */
export const VmEnd = z.object({
  reason: Reason,
  exitCode: z.int().nullable(),
  error: z.string(),
})
export type VmEnd = z.infer<typeof VmEnd>

/** Times are milliseconds since the epoch. */
export const EnteredPhase = z.object({ phase: z.enum(PHASES), atMs: z.int() })

const Opened = z.object({ event: z.literal('opened'), atMs: z.int(), ...VmFacts.shape })
const Entered = z.object({ event: z.literal('phase'), ...EnteredPhase.shape })
const Ended = z.object({ event: z.literal('ended'), atMs: z.int(), ...VmEnd.shape })
/** It is in a pool. */
const Waiting = z.object({ event: z.literal('waiting'), atMs: z.int() })
/** A workload has it that came after its start. */
const Assigned = z.object({ event: z.literal('assigned'), atMs: z.int(), workloadId: z.string() })
const JournalEvent = z.discriminatedUnion('event', [Opened, Entered, Waiting, Assigned, Ended])
type JournalEvent = z.infer<typeof JournalEvent>

/** What happened to a VM, line by line, for those who look at it from outside or after its owner's death. */
export class Journal {
  readonly #holding: Holding

  constructor(holding: Holding) {
    this.#holding = holding
  }

  opened(facts: VmFacts): void {
    this.#append({ event: 'opened', atMs: Date.now(), ...facts })
  }

  entered(phase: Phase): void {
    this.#append({ event: 'phase', atMs: Date.now(), phase })
  }

  waits(): void {
    this.#append({ event: 'waiting', atMs: Date.now() })
  }

  assigned(workloadId: string): void {
    this.#append({ event: 'assigned', atMs: Date.now(), workloadId })
  }

  /** Why it ended: to be said once, when it is known. */
  ended({ reason, exitCode, error }: VmEnd): void {
    const words = error.slice(0, ERROR_CHARACTERS_MAX)
    this.#append({ event: 'ended', atMs: Date.now(), reason, exitCode, error: words })
  }

  #append(event: JournalEvent): void {
    appendFileSync(this.#holding.journalPath, `${JSON.stringify(event)}\n`, { mode: 0o600 })
  }
}

/** A VM as its journal tells it. */
export interface VmStory {
  readonly facts: VmFacts
  readonly sinceMs: number
  /** Null where none has it yet. */
  readonly workloadId: string | null
  /** Whether it is in a pool. */
  readonly waits: boolean
  readonly phases: readonly z.infer<typeof EnteredPhase>[]
  readonly end: (VmEnd & { readonly atMs: number }) | undefined
}

/** Undefined for a VM that has no journal, or none any more. */
export async function readJournal(holding: Holding): Promise<VmStory | undefined> {
  const events = await readLines(holding.journalPath, JournalEvent)
  const [first] = events
  if (first?.event !== 'opened') return undefined
  const { event: _, atMs: sinceMs, ...facts } = first
  const assigned = events.find((event) => event.event === 'assigned')
  return {
    facts,
    sinceMs,
    workloadId: assigned?.workloadId ?? (facts.pooled ? null : holding.id),
    waits: assigned === undefined && events.some(({ event }) => event === 'waiting'),
    phases: events.flatMap((event) =>
      event.event === 'phase' ? [{ phase: event.phase, atMs: event.atMs }] : [],
    ),
    end: events.find((event) => event.event === 'ended'),
  }
}
