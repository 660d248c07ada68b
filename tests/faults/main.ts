/*
 * `make test-faults N=1000 SEED=…`: rounds with random faults, and a count of what is left after
 * each. Exits with 1 when anything is not as it must be.
 */
import { inOuterNamespace } from '../support/outer-namespace.ts'
import { Harness } from './harness.ts'
import { describeDeviations, describeRemains, describeRound, print } from './print.ts'
import { RoundMaker } from './round-maker.ts'
import { Tally } from './tally.ts'

/** So many rounds meet in the same directories; what is left is counted after them. */
const AT_ONCE = 3
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
  for (let done = 0; done < rounds && tally.deviations < DEVIATIONS_MAX; ) {
    const batch = Array.from({ length: Math.min(AT_ONCE, rounds - done) }, () => maker.next())
    const { reports, remains } = await harness.run(batch)
    batch.forEach((round, at) => {
      const report = reports[at]
      if (report === undefined) return
      tally.add(round.fault, report)
      process.stdout.write(describeDeviations(round, report))
    })
    tally.count(remains)
    const left = describeRemains(remains)
    if (left !== '') print(`${batch.map(describeRound).join('\n')}\n${left}`)
    done += batch.length
    if (Math.floor(done / PROGRESS_EVERY) > Math.floor((done - batch.length) / PROGRESS_EVERY)) {
      const seconds = Math.round((performance.now() - startedAtMs) / 1000)
      print(`${done} rounds, ${tally.deviations} deviations, ${tally.left} left, ${seconds} s`)
    }
  }
  print(tally.format(harness.steps))
  if (tally.deviations > 0 || tally.left > 0) {
    process.exitCode = 1
    print(`again: make test-faults N=${rounds} SEED=${seed}`)
  }
}

await inOuterNamespace(import.meta.filename, main)
