import type { Remains } from './remains.ts'
import type { RoundPlan, RoundReport } from './round.ts'

export function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

/** What was not as it must be in a round; nothing where all was. */
export function describeDeviations(round: RoundPlan, { rows, deviations }: RoundReport): string {
  if (deviations.length === 0) return ''
  const marked = deviations.map((deviation) => `  ✘ ${deviation.replaceAll('\n', '\n    ')}`)
  return [describeRound(round), `  rows ${rows.join(', ')}`, ...marked, ''].join('\n')
}

export function describeRound({ fault, networks, beside, recoveryTrigger }: RoundPlan): string {
  const others = beside.map((one) => `; beside it ${one.join(', ')}`).join('')
  const recovery =
    recoveryTrigger && `; recovery killed ${recoveryTrigger.edge} "${recoveryTrigger.step}"`
  return `${fault.kind}, ${fault.which}: networks ${networks.join(', ')}${others}${recovery ?? ''}`
}

/** What is left, a line for each thing. */
export function describeRemains(remains: Remains): string {
  const lines = [...remains].flatMap(([kind, things]) =>
    things.map((thing) => `  left of ${kind}: ${thing}\n`),
  )
  return lines.join('')
}
