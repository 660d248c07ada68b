import { AssertionError } from 'node:assert/strict'
import type { Case } from './case.ts'
import type { Difference } from './differences.ts'
import { NoAnswerError } from './raw-http.ts'
import type { VmmKind, VmmName } from './vmms/vmm.ts'
import { Workbench } from './vmms/workbench.ts'

/** What came of one case with one VMM. */
export type Verdict =
  | { readonly kind: 'same' }
  | { readonly kind: 'differs'; readonly reason: string }
  | { readonly kind: 'failed'; readonly error: unknown }
  /** It boots no Linux here. */
  | { readonly kind: 'not_run' }

/** Every case with one VMM, by the case's name. */
export async function judge(
  kind: VmmKind,
  cases: readonly Case[],
  differences: readonly Difference[],
): Promise<ReadonlyMap<string, Verdict>> {
  const reasons = reasonsFor(kind.name, differences)
  await using workbench = await Workbench.open(kind)
  const verdicts = new Map<string, Verdict>()
  const waiting = cases.values()
  const work = async () => {
    for (const one of waiting) {
      verdicts.set(one.name, await judgeCase(workbench, one, reasons.get(one.name)))
    }
  }
  await Promise.all(Array.from({ length: kind.concurrency }, work))
  return verdicts
}

async function judgeCase(
  workbench: Workbench,
  one: Case,
  reason: string | undefined,
): Promise<Verdict> {
  if (one.needs === 'linux' && !workbench.kind.bootsLinux) return { kind: 'not_run' }
  try {
    await workbench.try((vmm) => one.run(vmm))
  } catch (error) {
    // A listed difference is another answer, or none; not that the case itself went wrong.
    const another = error instanceof AssertionError || error instanceof NoAnswerError
    return reason !== undefined && another ? { kind: 'differs', reason } : { kind: 'failed', error }
  }
  if (reason === undefined) return { kind: 'same' }
  const error = new Error(`it is the same: strike it from the list of differences (${reason})`)
  return { kind: 'failed', error }
}

function reasonsFor(vmm: VmmName, differences: readonly Difference[]): ReadonlyMap<string, string> {
  const own = differences.filter((difference) => difference.vmm === vmm)
  return new Map(own.flatMap(({ cases, reason }) => cases.map((name) => [name, reason] as const)))
}
