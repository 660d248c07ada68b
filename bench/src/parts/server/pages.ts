import { WorkloadList } from '@vulcan/schema'
import { Caller } from '../../served/caller.ts'
import type { Target } from '../../served/target.ts'
import { HEADER, ratios, row, summarize } from '../../statistics.ts'
import { timed } from '../../timed.ts'

/** How deep in the list cursor pages are read, as a share of it. */
const DEPTHS = [0, 0.25, 0.5, 0.75, 0.95]
const LIMIT = 20
const FILTERS = ['', '&status=completed', '&runtime=node']

/** One kind of page: its path on each of the two targets. */
interface Page {
  readonly name: string
  readonly paths: readonly string[]
}

/**
 * How long pages of a list take on a host with few workloads and on one with many: first pages, and
 * those that a cursor leads to, with and without a filter. The two take turns.
 */
export async function measurePages(
  few: Target,
  many: Target,
  { runs, signal }: { readonly runs: number; readonly signal: AbortSignal },
): Promise<Readonly<Record<string, { few: number[]; many: number[] }>>> {
  using fewCaller = new Caller(few)
  using manyCaller = new Caller(many)
  const arms = { few: fewCaller, many: manyCaller }
  const figures: Record<string, { few: number[]; many: number[] }> = {}
  const [fewPages, manyPages] = [await pagesOf(fewCaller), await pagesOf(manyCaller)]
  for (let run = -10; run < runs; run += 1) {
    const order = run % 2 === 0 ? (['few', 'many'] as const) : (['many', 'few'] as const)
    for (const [at, { name }] of fewPages.entries()) {
      figures[name] ??= { few: [], many: [] }
      for (const arm of order) {
        signal.throwIfAborted()
        const paths = (arm === 'few' ? fewPages : manyPages)[at]?.paths ?? []
        const path = paths[Math.abs(run) % paths.length] ?? ''
        const ms = await timed(() => arms[arm].call('GET', path))
        if (run >= 0) figures[name][arm].push(ms)
      }
    }
  }
  console.log(HEADER)
  for (const [name, { few: a, many: b }] of Object.entries(figures)) {
    console.log(row(`${name}, ${few.name}`, summarize(a), 'ms'))
    console.log(row(`${name}, ${many.name}`, summarize(b), 'ms'))
    const [p99a, p99b] = [summarize(a).p99, summarize(b).p99]
    console.log(
      `  p99 ${p99a.toFixed(2)} ms and ${p99b.toFixed(2)} ms: ${(p99b / p99a).toFixed(2)} times`,
    )
    console.log(`  ${ratios(b, a)}`)
  }
  return figures
}

/** First pages, and pages after cursors that lie at several depths. */
async function pagesOf(caller: Caller): Promise<Page[]> {
  const pages: Page[] = []
  for (const filter of FILTERS) {
    const first = `/v1/workloads?limit=${LIMIT}${filter}`
    const { total } = WorkloadList.parse(await caller.call('GET', first))
    const paths: string[] = []
    for (const depth of DEPTHS) {
      // Slow where the list is long: what is skipped is read. Once for each depth.
      const page = await caller.call('GET', `${first}&offset=${Math.floor(depth * total)}`)
      const { next_cursor } = WorkloadList.parse(page)
      if (next_cursor !== null) paths.push(`${first}&cursor=${encodeURIComponent(next_cursor)}`)
    }
    const suffix = filter === '' ? '' : ` ${filter.slice(1)}`
    pages.push({ name: `first page${suffix}`, paths: [first] })
    pages.push({ name: `cursor page${suffix}`, paths })
  }
  return pages
}
