/*
 * A host as `packages/host` puts it together, in a process of its own that can be killed. It runs
 * one plan after the other.
 */
import { writeFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { BackendError } from '@vulcan/backend'
import {
  becomeOwner,
  FirecrackerBackend,
  loadConfig,
  Networks,
  readBootId,
} from '@vulcan/backend-firecracker'
import { WorkloadSpec } from '@vulcan/schema'
import type {
  Outcome,
  OwnerCommand,
  OwnerMessage,
  OwnerPlan,
  OwnerReport,
  PlannedWorkload,
} from './plan.ts'
import { watchSteps } from './steps.ts'

const BOOT_TIMEOUT_MS = 60_000

let onStep: (step: string, edge: 'before' | 'after') => void = () => undefined
let current: FirecrackerBackend | undefined

/** A harness that is gone hears nothing. */
const tell = (message: OwnerMessage) => process.send?.(message, () => undefined)
const wordsOf = (error: unknown) =>
  error instanceof Error ? (error.stack ?? error.message) : String(error)

async function runPlan(plan: OwnerPlan): Promise<OwnerReport> {
  const releaseErrors: string[] = []
  const recoverFailures: string[] = []
  const steps: string[] = []
  const abort = new AbortController()
  onStep = (step, edge) => {
    if (edge === 'before') steps.push(step)
    pull(plan, abort, step, edge)
  }
  await using owner = await becomeOwner(plan.layout)
  const backend = await makeBackend(plan, owner.ownerId, (error) =>
    releaseErrors.push(wordsOf(error)),
  )
  current = backend
  const recovering = recover(backend, recoverFailures)
  const running = plan.workloads.map((workload) => execute(backend, plan, workload, abort.signal))
  const outcomes = await Promise.all(running)
  await backend.idle()
  await recovering
  for (let count = 0; count < plan.recoveriesAfter; count += 1) {
    await recover(backend, recoverFailures)
  }
  await backend.shutdown()
  current = undefined
  const held = await holdingsOf(plan, owner.ownerId)
  return { outcomes, releaseErrors, recoverFailures, held, steps }
}

async function holdingsOf({ layout }: OwnerPlan, ownerId: string): Promise<string[]> {
  const kinds = ['vms', 'slots'].map((kind) => readdir(join(layout.runDir, kind)))
  return (await Promise.all(kinds)).flat().filter((name) => name.endsWith(`.${ownerId}`))
}

/** The deed of a plan, at the first time that its step is reached. */
function pull(
  { trigger, triggeredPath, workloads }: OwnerPlan,
  abort: AbortController,
  step: string,
  edge: string,
) {
  if (trigger === undefined || trigger.step !== step || trigger.edge !== edge) return
  onStep = () => undefined
  writeFileSync(triggeredPath, '')
  if (trigger.deed === 'kill') process.kill(process.pid, 'SIGKILL')
  if (trigger.deed === 'abort') abort.abort()
  if (trigger.deed === 'cleanup') {
    for (const { id } of workloads) current?.cleanup(id).catch((error) => fail(error))
  }
  if (trigger.deed === 'shutdown') current?.shutdown().catch((error) => fail(error))
}

async function makeBackend(
  { layout, env, binary, readySlots }: OwnerPlan,
  ownerId: string,
  onError: (error: unknown) => void,
): Promise<FirecrackerBackend> {
  const config = loadConfig(env, layout.homeDir)
  return new FirecrackerBackend({
    ...{ layout, config, ownerId, onReleaseError: onError },
    networks: new Networks({ layout, config, ownerId, readySlots, onError }),
    bootId: await readBootId(),
    program: {
      ...{ name: 'firecracker', version: 'fake', reason: 'test', isolationStrength: 'emulated' },
      ...{
        binary,
        args: [],
        confinement: { kind: 'itself' as const },
        bootTimeoutMs: BOOT_TIMEOUT_MS,
      },
    },
  })
}

async function recover(backend: FirecrackerBackend, failures: string[]): Promise<void> {
  try {
    failures.push(...(await backend.recover()).failures.map(wordsOf))
  } catch (error) {
    failures.push(wordsOf(error))
  }
}

async function execute(
  backend: FirecrackerBackend,
  { timeoutS }: OwnerPlan,
  { id, network }: PlannedWorkload,
  signal: AbortSignal,
): Promise<Outcome> {
  const spec = WorkloadSpec.parse({ id, network, runtime: 'python', code: 'pass', timeoutS })
  const outcome = await rowOf(backend, spec, signal)
  tell({ type: 'outcome', outcome })
  return outcome
}

async function rowOf(
  backend: FirecrackerBackend,
  spec: WorkloadSpec,
  signal: AbortSignal,
): Promise<Outcome> {
  const { id } = spec
  let last: string | undefined
  try {
    const result = await backend.execute(spec, {
      signal,
      onEvent: (event) => {
        if (event.type !== 'phase') return
        last = event.phase
        tell({ type: 'phase', id, phase: event.phase })
      },
    })
    return { id, row: `${result.outcome}@${last ?? '-'}`, words: result.error, consoleTail: '' }
  } catch (error) {
    if (!(error instanceof BackendError))
      return { id, row: 'bug', words: wordsOf(error), consoleTail: '' }
    const { code, phase, message, consoleTail } = error
    return { id, row: `${code}@${phase ?? '-'}`, words: message, consoleTail }
  }
}

function fail(error: unknown): void {
  tell({ type: 'failed', words: wordsOf(error) })
}

async function obey(command: OwnerCommand): Promise<void> {
  if (command.type === 'run') {
    tell({ type: 'report', report: await runPlan(command.plan) })
    return
  }
  const failures: string[] = []
  if (current !== undefined) await recover(current, failures)
  tell({ type: 'recovered', failures })
}

watchSteps((step, edge) => onStep(step, edge))
process.on('message', (command: OwnerCommand) => void obey(command).catch(fail))
tell({ type: 'ready' })
