import * as z from 'zod'
import { PHASES } from './event.ts'
import { NetworkMode } from './network.ts'
import { Reason, Status } from './outcome.ts'
import { Isolation, IsolationStrength, Runtime } from './runtime.ts'

/** Of one owner's waiting workloads the highest priority runs first, and of one priority the oldest. */
export const Priority = z.int().min(0).max(9)
export const DEFAULT_PRIORITY = 5

const TimeMs = z.int()

/** Which VMM ran a workload, and why that one was taken. */
export const VmmInfo = z.object({
  name: z.enum(['firecracker', 'vulcan-vmm']),
  version: z.string(),
  reason: z.string(),
})
export type VmmInfo = Readonly<z.infer<typeof VmmInfo>>

/** What is known of a workload as soon as it is accepted. */
const Accepted = z.object({
  id: z.string(),
  /** Who submitted it; empty on a host without keys. */
  owner: z.string(),
  priority: Priority,
  /** The host that runs it. */
  nodeId: z.string(),
  isolation: Isolation,
  runtime: Runtime,
  /** Null in lists: they can be long. */
  args: z.array(z.string()).nullable(),
  /** Null: the host's default. */
  network: NetworkMode.nullable(),
  /** SHA-256 of the program's standard input in hexadecimal; empty without one. */
  inputHash: z.string(),
  cpus: z.int(),
  memMib: z.int(),
  timeoutS: z.int(),
  outputLimitBytes: z.int(),
  /** While so many workloads of its owner run, it waits; absent: no bound but the host's. */
  maxConcurrent: z.int().min(1).optional(),
  /** Wall clock, as every other time that ends in `AtMs` here. */
  createdAtMs: TimeMs,
})

/** What the end of a workload adds: one row of the table of outcomes, and what came with it. */
export const WorkloadEnd = z.object({
  reason: Reason,
  exitCode: z.int().nullable(),
  /** In words, empty when there is nothing to say. */
  error: z.string(),
  truncated: z.object({ stdout: z.boolean(), stderr: z.boolean() }),
  vmm: VmmInfo.nullable(),
  isolationStrength: IsolationStrength.nullable(),
  phases: z.array(z.object({ phase: z.enum(PHASES), atMs: z.number() })),
  /** From its start to its end by a clock that does not jump; null when it never started. */
  durationMs: z.number().nullable(),
  finishedAtMs: TimeMs,
})
export type WorkloadEnd = z.infer<typeof WorkloadEnd>

/** A workload as a host records it, without its code, its environment and its output. */
export const Workload = z.object({
  ...Accepted.shape,
  status: Status,
  startedAtMs: TimeMs.nullable(),
  /** Null until it has ended. */
  end: WorkloadEnd.nullable(),
})
export type Workload = z.infer<typeof Workload>
