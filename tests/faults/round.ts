import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { becomeOwner, type Layout, recover } from '@vulcan/backend-firecracker'
import { FakeFirecracker, type FakeScript } from '@vulcan/firecracker/testing'
import type { NetworkMode } from '@vulcan/schema'
import { agent, runUntil } from './agent.ts'
import type { Arrangement, Fault } from './fault.ts'
import { forgetEnds, judge, judgeBeside, judgeEnds, rowsOf } from './judge.ts'
import type { OwnerEnd, OwnerProcess } from './owner-process.ts'
import type { Owners } from './owners.ts'
import { CONSOLE, type Place } from './place.ts'
import type { OwnerPlan, Trigger } from './plan.ts'

const PLAN_DEADLINE_MS = 90_000
const RECOVERY_DEADLINE_MS = 30_000
const NOTHING: Arrangement = { [Symbol.asyncDispose]: async () => undefined }

/** What is the same in all rounds. */
export interface Stage {
  readonly place: Place
  readonly owners: Owners
  readonly nextId: () => string
}

/** One round: an owner that has a fault, and others beside it that have none. */
export interface RoundPlan {
  readonly fault: Fault
  /** The networks of the faulty owner's workloads. */
  readonly networks: readonly NetworkMode[]
  /** Those of each owner beside it, whose VMs live until the faulty one's remains are released. */
  readonly beside: readonly (readonly NetworkMode[])[]
  readonly readySlots: number
  /** Where an owner that recovers the faulty one's remains is killed in its turn. */
  readonly recoveryTrigger?: Trigger
}

export interface RoundReport {
  /** The rows that the faulty owner's workloads got; `(killed)` for those that it could not tell. */
  readonly rows: readonly string[]
  /** The steps of the faulty owner, where it has told them. */
  readonly steps: readonly string[]
  readonly triggered: boolean
  readonly recoveryTriggered: boolean
  readonly deviations: readonly string[]
}

/** Runs one round and compares what came of it with what must. */
export async function runRound(stage: Stage, round: RoundPlan): Promise<RoundReport> {
  await using things = new AsyncDisposableStack()
  const { fault } = round
  const arranged = things.use((await fault.arrange?.()) ?? NOTHING)
  const gate = Promise.withResolvers<void>()
  const victim = await start(stage, things, round, arranged)
  const others = await Promise.all(
    round.beside.map((networks) => startBeside(stage, things, networks, gate.promise)),
  )
  const end = await victim.end
  const recoveries = await Promise.all(others.map(({ owner }) => owner.recover()))
  const recoveryTriggered = await killedRecovery(stage, round, arranged)
  gate.resolve()
  const otherEnds = await Promise.all(others.map((other) => other.end))
  await arranged.relieve?.()
  const layout = arranged.layout ?? stage.place.layout
  const deviations = [
    ...(await lastRecovery(layout, victim.plan)),
    ...(await leftIn(layout, stage.place.layout)),
    ...judge(fault, victim.plan, end),
    ...(await judgeEnds(layout, fault, victim.plan, end)),
    ...recoveries.flat().map((failure) => `a recovery failed: ${failure}`),
    ...otherEnds.flatMap(judgeBeside),
  ]
  for (const { plan } of others) await forgetEnds(stage.place.layout, plan)
  return {
    rows: rowsOf(victim.plan, end),
    steps: end.report?.steps ?? [],
    ...{ triggered: end.triggered, recoveryTriggered, deviations },
  }
}

interface Started {
  readonly owner: OwnerProcess
  readonly plan: OwnerPlan
  readonly end: Promise<OwnerEnd>
}

async function start(
  stage: Stage,
  things: AsyncDisposableStack,
  { fault, networks, readySlots }: RoundPlan,
  arranged: Arrangement,
): Promise<Started> {
  const script = fault.script ?? agent(runUntil(Promise.resolve()))
  const fake = things.use(new FakeFirecracker(script))
  const { place } = stage
  const plan: OwnerPlan = {
    layout: arranged.layout ?? place.layout,
    env: { ...ENV, ...fault.env, ...arranged.env },
    binary: arranged.binary ?? (await talking(place, fake)),
    workloads: networks.map((network) => ({ id: stage.nextId(), network })),
    timeoutS: fault.timeoutS ?? 120,
    readySlots,
    recoveriesAfter: fault.releaseMayFail === true ? 2 : 0,
    trigger: fault.trigger,
    triggeredPath: place.newPath('triggered'),
  }
  const owner = stage.owners.take()
  const end = owner.run(plan, PLAN_DEADLINE_MS, (_id, phase) => {
    if (phase === fault.killIn) owner.kill()
    fault.onPhase?.(phase, fake, plan.layout)
  })
  things.defer(() => rm(plan.triggeredPath, { force: true }))
  things.defer(() => rm(plan.binary, { force: true }))
  things.defer(() => stage.owners.giveBack(owner))
  return { owner, plan, end }
}

const ENV = { VULCAN_FC_SCRATCH_MIB: '16', VULCAN_FC_NETWORK_MAX: 'all' }

function startBeside(
  stage: Stage,
  things: AsyncDisposableStack,
  networks: readonly NetworkMode[],
  gate: Promise<void>,
): Promise<Started> {
  const script: FakeScript = agent(runUntil(gate))
  const fault: Fault = { kind: 'none', which: '', rows: [], script }
  return start(stage, things, { fault, networks, beside: [], readySlots: 0 }, NOTHING)
}

/** A script that writes on the console and becomes the fake. */
function talking(place: Place, fake: FakeFirecracker): Promise<string> {
  return place.script('vmm', `echo '${CONSOLE}'`, `exec '${fake.binary}' "$@"`)
}

/** An owner without workloads that recovers, and is killed in the middle of it. */
async function killedRecovery(
  stage: Stage,
  { recoveryTrigger: trigger }: RoundPlan,
  arranged: Arrangement,
): Promise<boolean> {
  if (trigger === undefined) return false
  const owner = stage.owners.take()
  const triggeredPath = stage.place.newPath('triggered')
  const { triggered } = await owner.run(
    {
      ...{ layout: arranged.layout ?? stage.place.layout, env: ENV, binary: '/nonexistent' },
      ...{ workloads: [], timeoutS: 1, readySlots: 0, recoveriesAfter: 0 },
      ...{ trigger, triggeredPath },
    },
    PLAN_DEADLINE_MS,
  )
  stage.owners.giveBack(owner)
  await rm(triggeredPath, { force: true })
  return triggered
}

/**
 * What still lies there is released by an owner that comes fresh; it must be able to. What somebody
 * else has claimed meanwhile is that one's to release, or the next recovery's.
 */
async function lastRecovery(layout: Layout, { workloads }: OwnerPlan): Promise<string[]> {
  await using owner = await becomeOwner(layout)
  const deadline = AbortSignal.timeout(RECOVERY_DEADLINE_MS)
  const failures: unknown[] = []
  const isThere = (name: string) => workloads.some(({ id }) => name.startsWith(id))
  do {
    failures.push(...(await recover(layout, owner.ownerId)).failures)
    const names = await readdir(join(layout.runDir, 'vms'))
    if (!names.some(isThere)) break
  } while (!deadline.aborted && failures.length === 0)
  return failures.map((failure) => `the last recovery failed: ${String(failure)}`)
}

/** What is left in directories that are not those of all rounds. */
async function leftIn({ runDir, homeDir }: Layout, usual: Layout): Promise<string[]> {
  const places = runDir === usual.runDir ? [] : ['vms', 'slots', 'owners']
  const held = await Promise.all(places.map((name) => readdir(join(runDir, name))))
  const scratch = homeDir === usual.homeDir ? [] : [join(homeDir, 'scratch')]
  const drives = scratch.map((path) => readdir(path, { recursive: true }).catch(() => []))
  const names = [...held.flat(), ...(await Promise.all(drives)).flat()]
  return names.filter((name) => name.includes('.')).map((name) => `${name} is left`)
}
