import { type SpawnSyncReturns, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import type { UnitFile } from './unit-file.ts'

/** What a process may at most, as its status has it: `CapBnd` (proc_pid_status(5)). */
function boundingSet(): bigint {
  const status = readFileSync('/proc/self/status', 'utf8')
  return BigInt(`0x${/^CapBnd:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0'}`)
}

/** The names of all capabilities by their numbers, as setpriv of util-linux knows them. */
function capabilityNames(): string[] {
  const { stdout } = spawnSync('setpriv', ['--list-caps'], { encoding: 'utf8' })
  return stdout.trim().split('\n')
}

/**
 * The command line that runs a program with the capabilities of the unit, as far as this process has
 * them itself, and without new privileges where the unit says so.
 */
export function asTheUnit(
  unit: UnitFile,
  options: { without?: string; alsoWith?: string } = {},
): string[] {
  const { alsoWith } = options
  const wanted = new Set(
    [...unit.words('CapabilityBoundingSet'), ...(alsoWith === undefined ? [] : [alsoWith])]
      .filter((name) => name !== options.without)
      .map((name) => name.slice('CAP_'.length).toLowerCase()),
  )
  const own = boundingSet()
  const dropped = capabilityNames().filter(
    (name, number) => ((own >> BigInt(number)) & 1n) === 1n && !wanted.has(name),
  )
  const noNew = unit.get('NoNewPrivileges') === 'yes' ? ['--no-new-privs'] : []
  const bounds = dropped.map((name) => `-${name}`).join(',')
  return ['setpriv', ...noNew, '--bounding-set', bounds, '--']
}

/** Runs lines of sh as the unit, and waits for their end. */
export function shellAsTheUnit(
  unit: UnitFile,
  lines: string,
  options: { without?: string } = {},
): SpawnSyncReturns<string> {
  const [program = '', ...args] = asTheUnit(unit, options)
  return spawnSync(program, [...args, 'sh', '-euc', lines], { encoding: 'utf8', timeout: 60_000 })
}
