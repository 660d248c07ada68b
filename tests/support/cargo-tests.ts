import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { describeMachine, type MachineKind } from './machine-kind.ts'
import { isPermitted, type PermittedSkip } from './permitted-skips.ts'
import { addTotals, noTests, type Totals } from './totals.ts'

const RESULT =
  /^test result: \w+\. (?<passed>\d+) passed; (?<failed>\d+) failed; (?<skipped>\d+) ignored;/
const FAILED = /^test (?<test>.+) \.\.\. FAILED$/
const IGNORED = /^test (?<test>.+) \.\.\. ignored(?:, (?<reason>.+))?$/

/** What cargo's tests came to. */
export interface CargoOutcome {
  readonly totals: Totals
  readonly succeeded: boolean
  /** The tests that failed, and what else is wrong. */
  readonly failures: readonly string[]
}

/** Reads what `cargo test` prints, a line at a time. */
export class CargoOutput {
  readonly #machine: MachineKind
  readonly #permitted: readonly PermittedSkip[]
  readonly #refusedSkips: string[] = []
  readonly #failures: string[] = []
  #totals: Totals = noTests

  constructor(machine: MachineKind, permitted: readonly PermittedSkip[]) {
    this.#machine = machine
    this.#permitted = permitted
  }

  get totals(): Totals {
    return this.#totals
  }

  /** Ignored tests that are not permitted on this machine. */
  get refusedSkips(): readonly string[] {
    return this.#refusedSkips
  }

  /** The tests that failed, as the end of a run lists them. */
  get failures(): readonly string[] {
    return this.#failures
  }

  add(line: string): void {
    const failed = FAILED.exec(line)?.groups?.['test']
    if (failed !== undefined) this.#failures.push(`  ✖ native: ${failed}`)
    const result = RESULT.exec(line)?.groups
    if (result !== undefined) {
      this.#totals = addTotals(this.#totals, {
        passed: Number(result['passed']),
        failed: Number(result['failed']),
        skipped: Number(result['skipped']),
      })
    }
    const ignored = IGNORED.exec(line)?.groups
    if (ignored !== undefined) {
      const test = ignored['test'] ?? ''
      const reason = ignored['reason'] ?? '(no reason given)'
      if (!isPermitted({ file: 'native', test, reason }, this.#permitted, this.#machine)) {
        this.#refusedSkips.push(`native: ${test}: ${reason}`)
      }
    }
  }
}

export interface RunCargoTestsOptions {
  /** The directory of the Cargo workspace. */
  readonly directory: string
  /** The target triple that is tested: the one that is shipped. */
  readonly target: string
  /** The run is killed and counts as failed when it has not ended by then, building included. */
  readonly limitMs: number
  readonly machine: MachineKind
  readonly permitted: readonly PermittedSkip[]
}

/** Runs `cargo test` over a workspace, showing its output; judged as `TestReport` judges. */
export async function runCargoTests(options: RunCargoTestsOptions): Promise<CargoOutcome> {
  const { directory, target, limitMs, machine, permitted } = options
  const output = new CargoOutput(machine, permitted)
  const cargo = spawn('cargo', ['test', '--locked', '--workspace', '--target', target], {
    cwd: directory,
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: limitMs,
  })
  const exit = new Promise<number | null>((resolve, reject) => {
    cargo.once('error', reject)
    cargo.once('close', resolve)
  })
  const show = async () => {
    for await (const line of createInterface({ input: cargo.stdout })) {
      output.add(line)
      process.stdout.write(`  ${line}\n`)
    }
  }
  const [code] = await Promise.all([exit, show()])
  return judge(code, output, machine)
}

function judge(code: number | null, output: CargoOutput, machine: MachineKind): CargoOutcome {
  const { totals, refusedSkips, failures } = output
  const complaints: string[] = []
  if (totals.passed + totals.failed === 0) complaints.push('no test ran')
  if (refusedSkips.length > 0) {
    const where = describeMachine(machine)
    complaints.push(`ignored, but not permitted on a machine ${where}: ${refusedSkips.join('; ')}`)
  }
  if (code !== 0 && totals.failed === 0) complaints.push('cargo test failed before its tests ended')
  const succeeded = code === 0 && complaints.length === 0
  return {
    totals,
    succeeded,
    failures: [...failures, ...complaints.map((words) => `  ✖ ${words}`)],
  }
}
