import type { RunReport } from '@vulcan/host'
import { OUTCOMES } from '@vulcan/schema'
import type { Narrator } from './terminal.ts'

/** Tells what is to be said beyond the program's own output. */
export function tellReport(report: RunReport, narrator: Narrator): void {
  for (const stream of ['stdout', 'stderr'] as const) {
    if (report.truncated[stream]) narrator.complain(`${stream} was cut at --output-limit`)
  }
  const words = report.error
  if (report.reason === 'exited') {
    if (words !== '') narrator.complain(words)
    return
  }
  const advice = ADVICE[report.reason]
  narrator.complain([report.reason, words, advice].filter(Boolean).join(': '))
  narrator.quoteConsole(report.consoleTail)
}

/** For what has no remedy in its own words. */
const ADVICE: Readonly<Partial<Record<RunReport['reason'], string>>> = {
  boot_failed: 'see "vulcan doctor"',
  agent_unreachable: 'see "vulcan doctor"',
  vmm_crashed: 'see "vulcan doctor"',
}

/** What a command exits with that passes on how a workload ended. */
export function exitCodeOf({ reason, exitCode }: Pick<RunReport, 'reason' | 'exitCode'>): number {
  const { cliExitCode } = OUTCOMES[reason]
  return cliExitCode === 'program' ? (exitCode ?? 1) : cliExitCode
}
