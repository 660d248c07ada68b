import { mkdtempDisposable } from 'node:fs/promises'
import { join } from 'node:path'
import { residentMib } from '../../facts/processes.ts'
import { Caller } from '../../served/caller.ts'
import type { Target } from '../../served/target.ts'
import { fillStore } from './fill.ts'
import { measureLoad, runMany } from './load.ts'
import { type OwnHost, startOwnHost } from './own-host.ts'
import { measurePages } from './pages.ts'
import { runHello } from './run-hello.ts'

export interface ServerBenchOptions {
  /** Where the hosts of this benchmark have their directories: on the disk that is meant. */
  readonly directory: string
  /** Another server, measured beside our own. */
  readonly other: Target | undefined
  readonly rounds: number
  readonly stretchMs: number
  readonly pageRuns: number
  readonly signal: AbortSignal
}

const FEW = 1_000
const MANY = 1_000_000
const WORKLOADS = [100, 10_000] as const

/**
 * A host with its store on disk behind HTTP, whose VMs take no time: load, memory, and pages of short
 * and of long lists. Another server only bears the load: of its list nobody knows how long it is.
 */
export async function benchServer(options: ServerBenchOptions): Promise<object> {
  const memory = await benchMemory(options)
  const load = await benchLoad(options)
  const pages = await benchPages(options)
  return { name: 'server', memory, load, pages }
}

async function benchMemory({ directory, other, signal }: ServerBenchOptions): Promise<object> {
  await using place = await newDirectory(directory)
  await using own = await startOwnHost('ours', place.path)
  const figures: Record<string, number[]> = {}
  for (const target of other === undefined ? [own] : [own, other]) {
    const residentMibs: number[] = []
    let done = 0
    for (const count of WORKLOADS) {
      await runMany(target, count - done, signal)
      done = count
      residentMibs.push(target.pid === undefined ? Number.NaN : await residentMib(target.pid))
    }
    const [few = Number.NaN, many = Number.NaN] = residentMibs
    console.log(
      `${target.name}: ${few.toFixed(1)} MiB resident after ${WORKLOADS[0]} workloads, ` +
        `${many.toFixed(1)} MiB after ${WORKLOADS[1]}: ${(many / few).toFixed(2)} times`,
    )
    figures[target.name] = residentMibs
  }
  return figures
}

async function benchLoad({ directory, other, ...rest }: ServerBenchOptions): Promise<object> {
  await using place = await newDirectory(directory)
  await using own = await startOwnHost('ours', place.path)
  return await measureLoad(other === undefined ? [own] : [own, other], rest)
}

async function benchPages({ directory, pageRuns, signal }: ServerBenchOptions): Promise<object> {
  await using fewPlace = await newDirectory(directory)
  await using manyPlace = await newDirectory(directory)
  await using few = await startFilled(fewPlace.path, FEW)
  await using many = await startFilled(manyPlace.path, MANY)
  return await measurePages(few, many, { runs: pageRuns, signal })
}

/** A host with so many workloads, all but the first of which never ran. */
async function startFilled(directory: string, count: number): Promise<OwnHost> {
  {
    await using first = await startOwnHost('first', directory)
    using caller = new Caller(first)
    await runHello(caller)
  }
  fillStore(directory, count)
  return startOwnHost(`${count} workloads`, directory)
}

function newDirectory(parentDir: string) {
  return mkdtempDisposable(join(parentDir, 'vulcan-bench-'))
}
