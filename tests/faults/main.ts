/*
 * `make test-faults N=1000 SEED=…`: rounds with random faults, and a count of what is left after
 * each. Exits with 1 when anything is not as it must be.
 */
import { inOuterNamespace } from '../support/outer-namespace.ts'
import { Harness } from './harness.ts'
import { isRemaining, print, printDeviations } from './print.ts'
import { RoundMaker } from './round-maker.ts'
import { Tally } from './tally.ts'

const PROGRESS_EVERY = 25
const DEVIATIONS_MAX = 50

async function main(): Promise<void> {
  const rounds = Number(process.env['VULCAN_FAULTS_N'] ?? 1000)
  const seed = Number(process.env['VULCAN_FAULTS_SEED'] ?? Math.floor(Date.now() / 1000))
  print(`${rounds} rounds, seed ${seed}`)
  const startedAtMs = performance.now()
  await using harness = await Harness.open()
  const tally = new Tally()
  const maker = new RoundMaker(seed, harness)
  for (let number = 1; number <= rounds && tally.deviations < DEVIATIONS_MAX; number += 1) {
    const round = maker.next()
    const report = await harness.run(round)
    tally.add(round.fault, report)
    if (report.deviations.length > 0 || isRemaining(report)) printDeviations(number, round, report)
    if (number % PROGRESS_EVERY === 0) {
      const seconds = Math.round((performance.now() - startedAtMs) / 1000)
      print(`${number} rounds, ${tally.deviations} deviations, ${tally.left} left, ${seconds} s`)
    }
  }
  print(tally.format(harness.steps))
  if (tally.deviations > 0 || tally.left > 0) {
    process.exitCode = 1
    print(`again: make test-faults N=${rounds} SEED=${seed}`)
  }
}

await inOuterNamespace(import.meta.filename, main)
