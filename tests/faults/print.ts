import type { RoundPlan, RoundReport } from './round.ts'

export function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

export const isRemaining = ({ remains }: RoundReport) =>
  [...remains.values()].some((things) => things.length > 0)

export function printDeviations(number: number, round: RoundPlan, report: RoundReport): void {
  const { fault, networks, beside, recoveryTrigger } = round
  print(`round ${number}: ${fault.kind}, ${fault.which}`)
  print(`  networks ${networks.join(', ')}; beside it ${JSON.stringify(beside)}`)
  if (recoveryTrigger !== undefined) print(`  recovery killed: ${JSON.stringify(recoveryTrigger)}`)
  print(`  rows ${report.rows.join(', ')}`)
  for (const deviation of report.deviations) print(`  ✘ ${deviation.replaceAll('\n', '\n    ')}`)
  for (const [kind, things] of report.remains) {
    for (const thing of things) print(`  left of ${kind}: ${thing}`)
  }
}
