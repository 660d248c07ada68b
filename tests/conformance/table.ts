import type { Case } from './case.ts'
import type { Verdict } from './judge.ts'
import type { VmmName } from './vmms/vmm.ts'

export type Verdicts = ReadonlyMap<VmmName, ReadonlyMap<string, Verdict>>

/** Case by VMM, then the reasons of the differences, then how many there are of what. */
export function formatTable(cases: readonly Case[], verdicts: Verdicts): string {
  const names = [...verdicts.keys()]
  const reasons = new Map<string, number>()
  const width = Math.max(...cases.map(({ name }) => name.length))
  const cell = (verdict: Verdict | undefined) => {
    if (verdict?.kind !== 'differs') return verdict?.kind.replace('_', ' ') ?? ''
    const number = reasons.get(verdict.reason) ?? reasons.size + 1
    reasons.set(verdict.reason, number)
    return `differs (${number})`
  }
  const row = (first: string, cells: readonly string[]) => {
    return [first.padEnd(width), ...cells.map((text) => text.padEnd(13))].join('  ').trimEnd()
  }
  const rows = cases.map(({ name }) => {
    return row(
      name,
      names.map((vmm) => cell(verdicts.get(vmm)?.get(name))),
    )
  })
  const sums = (['same', 'differs', 'failed', 'not_run'] as const).map((kind) => {
    const counts = names.map((vmm) => {
      const all = [...(verdicts.get(vmm)?.values() ?? [])]
      return String(all.filter((verdict) => verdict.kind === kind).length)
    })
    return row(kind.replace('_', ' '), counts)
  })
  const legend = [...reasons].map(([reason, number]) => `(${number}) ${reason}`)
  return [row('', names), ...rows, '', ...legend, '', row('', names), ...sums, ''].join('\n')
}
