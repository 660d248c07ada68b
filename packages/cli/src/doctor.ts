import { type CheckStatus, type Diagnosis, examine, examineNetwork } from '@vulcan/host'
import type { Command } from 'commander'
import { EXIT_INTERRUPTED, Interruption } from './interruption.ts'
import { Narrator, printable } from './terminal.ts'

const MARKS: Readonly<Record<CheckStatus, string>> = {
  ok: 'ok',
  warn: 'warn',
  fail: 'FAIL',
  skip: '-',
}
const EXIT_CANNOT_RUN = 1

/** Declares `vulcan doctor`; `finish` gets 0 only if workloads can run. */
export function addDoctorCommand(program: Command, finish: (exitCode: number) => void): void {
  program
    .command('doctor')
    .description('say whether workloads can run on this machine, and what would mend it')
    .option('--json', 'one JSON document')
    .action(async (flags: { json?: true }) => finish(await diagnose(examine, 'Workloads', flags)))
}

/** Declares `vulcan network doctor`; `finish` gets 0 only if VMs can have a network. */
export function addNetworkCommand(program: Command, finish: (exitCode: number) => void): void {
  program
    .command('network')
    .description('the networks of VMs')
    .command('doctor')
    .description('say whether VMs can have a network on this machine, and what would mend it')
    .option('--json', 'one JSON document')
    .action(async (flags: { json?: true }) => {
      finish(await diagnose(examineNetwork, 'VMs with a network', flags))
    })
}

/** Prints what is found as it is found, and resolves to the command's exit code. */
async function diagnose(
  checks: typeof examine,
  what: string,
  flags: { json?: true },
): Promise<number> {
  using interruption = new Interruption()
  const { signal } = interruption
  const diagnoses: Diagnosis[] = []
  try {
    for await (const diagnosis of checks(process.env, signal)) {
      if (!flags.json) process.stdout.write(describe(diagnosis, diagnoses.at(-1)))
      diagnoses.push(diagnosis)
    }
  } catch (error) {
    if (!signal.aborted) throw error
    new Narrator(process.stderr, true).complain('interrupted before everything was looked at')
    return EXIT_INTERRUPTED
  }
  const canRun = diagnoses.every(({ status }) => status === 'ok' || status === 'warn')
  process.stdout.write(flags.json ? document(diagnoses, canRun) : verdict(what, canRun))
  return canRun ? 0 : EXIT_CANNOT_RUN
}

/** A remedy that was just given is not given again. */
function describe({ code, status, finding, remedy }: Diagnosis, earlier?: Diagnosis): string {
  const line = `${MARKS[status].padEnd(5)} ${code.padEnd(19)} ${printable(finding)}\n`
  if (remedy === undefined) return line
  const words = remedy === earlier?.remedy ? 'as above' : printable(remedy)
  return `${line}${' '.repeat(26)}→ ${words}\n`
}

function verdict(what: string, canRun: boolean): string {
  return canRun
    ? `\n${what} can run here.\n`
    : `\n${what} cannot run here: mend what is marked FAIL.\n`
}

function document(checks: readonly Diagnosis[], canRun: boolean): string {
  return `${JSON.stringify({ can_run: canRun, checks }, null, 2)}\n`
}
