import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Layout, listEnded } from '@vulcan/backend-firecracker'
import type { Fault } from './fault.ts'
import type { OwnerEnd } from './owner-process.ts'
import { CONSOLE } from './place.ts'
import type { OwnerPlan } from './plan.ts'

/** What is wrong with what a faulty owner told. */
export function judge(fault: Fault, plan: OwnerPlan, end: OwnerEnd): string[] {
  const { report, outcomes, failures } = end
  const deviations = [...failures]
  const mayDie = fault.killIn !== undefined || (fault.trigger?.deed === 'kill' && end.triggered)
  if (report === undefined && !mayDie) deviations.push('the owner died')
  for (const { row, words, consoleTail } of outcomes) {
    if (!fault.rows.some((allowed) => isRow(row, allowed))) {
      deviations.push(`${row} instead of ${fault.rows.join(' or ')}: ${words}`)
    } else if (fault.consoleIsTold === true && !consoleTail.includes(CONSOLE)) {
      deviations.push(`${row} comes with the console tail "${consoleTail}"`)
    }
  }
  if (report === undefined) return deviations
  if (outcomes.length !== plan.workloads.length) deviations.push('a workload has no outcome')
  const held = report.held.filter((name) => isOwn(name, plan))
  deviations.push(...held.map((name) => `the owner still held ${name}`))
  if (fault.releaseMayFail !== true) {
    deviations.push(...report.releaseErrors, ...report.recoverFailures)
  }
  return deviations
}

const VM_NAME = /^01\d{24}\./

/** Not a VM of a dead owner, which may have been claimed by the very last recovery. */
const isOwn = (name: string, { workloads }: OwnerPlan) =>
  !VM_NAME.test(name) || workloads.some(({ id }) => name.startsWith(id))

/** Whether a row is the one allowed, which ends with "@" where any phase will do. */
const isRow = (row: string, allowed: string) =>
  row === allowed || (allowed.endsWith('@') && row.startsWith(allowed))

/** Each VM that began has its one end: the owner's word, or that it died. */
export async function judgeEnds(
  layout: Layout,
  fault: Fault,
  plan: OwnerPlan,
  end: OwnerEnd,
): Promise<string[]> {
  const ends = await listEnded(layout)
  const deviations = plan.workloads.flatMap(({ id }) => {
    const kept = ends.find((one) => one.id === id)
    const told = end.outcomes.find((one) => one.id === id)?.row.split('@')[0]
    const began = end.phases.has(id)
    if (kept === undefined) {
      return began && fault.endMayBeLost !== true ? [`${id} began, and its end is not kept`] : []
    }
    const reasons = told === undefined ? ['owner_died', ...fault.rows.map(reasonOf)] : [told]
    if (reasons.includes(kept.reason)) return []
    return [`the end of ${id} is kept as ${kept.reason} instead of ${reasons.join(' or ')}`]
  })
  await forgetEnds(layout, plan)
  return deviations
}

const reasonOf = (row: string) => row.split('@')[0] ?? ''

/** So that ends do not make room for each other. */
export async function forgetEnds({ homeDir }: Layout, { workloads }: OwnerPlan): Promise<void> {
  for (const { id } of workloads) await rm(join(homeDir, 'ended', `${id}.json`), { force: true })
}

/** Nothing of an owner without a fault may suffer. */
export function judgeBeside({ report, outcomes, failures }: OwnerEnd): string[] {
  const wrong = outcomes.filter(({ row }) => row !== 'exited@ended')
  return [
    ...(report === undefined ? ['an owner beside the faulty one died'] : []),
    ...failures,
    ...wrong.map(({ row, words }) => `beside the fault: ${row}: ${words}`),
    ...(report?.releaseErrors ?? []).map((words) => `beside the fault: ${words}`),
    ...(report?.recoverFailures ?? []).map((words) => `beside the fault: ${words}`),
  ]
}

/** The rows that an owner's workloads got; `(killed)` for those that it could not tell. */
export function rowsOf({ workloads }: OwnerPlan, { outcomes }: OwnerEnd): string[] {
  return workloads.map(({ id }) => outcomes.find((one) => one.id === id)?.row ?? '(killed)')
}
