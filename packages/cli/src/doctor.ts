import { type CheckStatus, type Diagnosis, examine } from '@vulcan/host'
import type { Command } from 'commander'
import { Interruption } from './interruption.ts'

const MARKS: Readonly<Record<CheckStatus, string>> = { ok: 'ok', warn: 'warn', fail: 'FAIL' }
const EXIT_CANNOT_RUN = 1

/** Declares `vulcan doctor`; `finish` gets 0 only if workloads can run. */
export function addDoctorCommand(program: Command, finish: (exitCode: number) => void): void {
  program
    .command('doctor')
    .description('say whether workloads can run on this machine, and what would mend it')
    .option('--json', 'one JSON document')
    .action(async (flags: { json?: true }) => {
      using interruption = new Interruption()
      const diagnoses: Diagnosis[] = []
      for await (const diagnosis of examine(process.env, interruption.signal)) {
        diagnoses.push(diagnosis)
        if (!flags.json) process.stdout.write(describe(diagnosis))
      }
      const canRun = diagnoses.every(({ status }) => status !== 'fail')
      process.stdout.write(flags.json ? document(diagnoses, canRun) : verdict(canRun))
      if (!canRun) finish(EXIT_CANNOT_RUN)
    })
}

function describe({ code, status, finding, remedy }: Diagnosis): string {
  const line = `${MARKS[status].padEnd(5)} ${code.padEnd(19)} ${finding}\n`
  return remedy === undefined ? line : `${line}${' '.repeat(26)}→ ${remedy}\n`
}

function verdict(canRun: boolean): string {
  return canRun
    ? '\nWorkloads can run here.\n'
    : '\nWorkloads cannot run here: mend what is marked FAIL.\n'
}

function document(checks: readonly Diagnosis[], canRun: boolean): string {
  return `${JSON.stringify({ can_run: canRun, checks }, null, 2)}\n`
}
