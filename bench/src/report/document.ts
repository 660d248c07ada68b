import { isDeepStrictEqual } from 'node:util'
import { FULL, type Plan, QUICK } from '../plan.ts'
import type { Result } from '../result.ts'
import { plotsOf } from './plots.ts'
import { asMarkdown, type Table } from './table.ts'
import { atOnceTable, costTable, goalTable, latencyTable } from './tables.ts'

/** Where the pictures and the raw result are, from the document. */
const BESIDE = 'performance'
const MINUTE_MS = 60_000

/** `docs/performance.md` of a committed result. */
export function renderDocument(result: Result): string {
  return `${[
    '# Performance',
    '<!-- Written by `make docs` from performance/result.json; not by hand. -->',
    "What it takes to run a program with Vulcan, from the caller's send to the last byte of the answer, and how that compares with what is possible at best. Every figure on this page is computed from one run of the benchmark, whose raw result is [here](performance/result.json). `make bench` gives the same tables for your machine.",
    ...machine(result),
    ...goals(result),
    ...oneByOne(result),
    ...manyAtOnce(result),
    '## What a VM costs',
    result.costs.length === 0 ? 'Not measured.' : asMarkdown(costTable(result)),
    ...method(result),
    ...limits(result),
  ].join('\n\n')}\n`
}

function machine({ machine, plan, startedAt }: Result): string[] {
  const facts: Table = {
    title: '',
    header: ['what', 'here'],
    rows: [
      ['processor', `${machine.cpu}, ${machine.cores} cores`],
      ['memory', `${machine.memoryMib} MiB`],
      ['system', `${machine.system}, Linux ${machine.kernel}`],
      ['is itself a virtual machine', machine.isVirtual ? 'yes' : 'no'],
      ['load when it began', `${machine.loadAtStart} (a minute's average)`],
      ['VMM', machine.vmm],
      ['guests', machine.isolation === 'emulated' ? 'emulated in software' : 'on KVM'],
      ['Node.js', machine.node],
      ['Vulcan', machine.commit],
      ['when, how much', `${startedAt.slice(0, 10)}, ${howMuch(plan)}`],
    ],
  }
  const caution =
    machine.isolation === 'emulated'
      ? [
          '**Guests are emulated here.** What happens in a guest is many times slower than on KVM, and what Vulcan itself adds is not: neither the times nor the ratios hold for a machine with KVM.',
        ]
      : []
  const busy =
    machine.loadAtStart > machine.cores / 2
      ? [
          '**This machine was busy with something else when the run began**, so its figures are worth little.',
        ]
      : []
  return ['## The machine', asMarkdown(facts), ...caution, ...busy]
}

/** The command of a plan, unless options of it made it less. */
function howMuch({ name, runtimes, rounds, atOnce }: Plan): string {
  const whole = name === 'full' ? FULL : QUICK
  const wanted = (plan: Pick<Plan, 'runtimes' | 'rounds' | 'atOnce'>) => [
    plan.runtimes,
    plan.rounds,
    plan.atOnce.levels,
  ]
  const command = name === 'full' ? '`make bench-full`' : '`make bench`'
  const isWhole = isDeepStrictEqual(wanted({ runtimes, rounds, atOnce }), wanted(whole))
  return isWhole ? command : `less than ${command}`
}

function goals(result: Result): string[] {
  return [
    '## Against the goals',
    'A ratio is the median of the ratios of runs that were made one after the other, in the same round.',
    asMarkdown(goalTable(result)),
    image(result, 'ratios.svg', 'The ratios beside their goals'),
  ]
}

function oneByOne(result: Result): string[] {
  return [
    '## One program after the other',
    'Each program writes a number that was drawn for it alone; a run whose answer has another one failed.',
    ...result.plan.runtimes.flatMap((runtime) => [
      `### ${runtime}`,
      asMarkdown(latencyTable(result, runtime)),
      image(result, `latency-${runtime}.svg`, `The times of all runs, ${runtime}`),
      image(result, `waterfall-${runtime}.svg`, `Where the time of a cold run goes, ${runtime}`),
    ]),
  ].filter((part) => part !== '')
}

function manyAtOnce(result: Result): string[] {
  return [
    '## Many at once',
    ...result.plan.atOnce.runtimes.flatMap((runtime) => {
      const table = atOnceTable(result, runtime)
      const shown = table.rows.length === 0 ? 'Not measured.' : asMarkdown(table)
      return [`### ${runtime}, so many at the same moment`, shown]
    }),
  ]
}

function image(result: Result, name: string, words: string): string {
  return name in plotsOf(result) ? `![${words}](${BESIDE}/${name})` : ''
}

function method({ plan }: Result): string[] {
  return [
    '## How it was measured',
    [
      '- One process drives all arms in rounds, every other round in the other direction (A B B A). Before each run it waits until nothing is left to do of the one before: no release, no refill of a pool.',
      `- ${counted(plan.warmUps, 'round')} of warm-up, then ${roundsOf(plan)} for each runtime. The page cache is hot.`,
      '- Vulcan is `vulcan serve` in a process of its own, asked with `POST /v1/workloads` on a kept connection; there is one server without a pool, and one with warm VMs for the runtime.',
      "- The VMM started by hand has the same kernel, kernel command line, initrd, image, scratch drive, vCPU, memory and request, and nothing around it: no jail, no manifest, no checks. The start of its processes counts, and so does that of Vulcan's; killing them does not.",
      '- The open VM is one of these that stays: each program is one request to its agent on a new connection, and an interpreter is started for it.',
      '- A request of the arm "warm VM, fresh interpreter" sets `LC_MESSAGES`, which an interpreter reads at its start, so that the one that waits is of no use.',
      '- p50 to p99 are nearest-rank percentiles of the runs that succeeded.',
      '- The memory of a VM is that of all its processes, what they share counted in parts (PSS).',
    ].join('\n'),
  ]
}

function roundsOf({ rounds: { min, max, budgetMs } }: Plan): string {
  if (min === max) return counted(min, 'round')
  const minutes = budgetMs / MINUTE_MS
  const budget = Number.isInteger(minutes) ? counted(minutes, 'minute') : `${budgetMs / 1000} s`
  return `at least ${min} and at most ${max}, as many as begin in ${budget}`
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

function limits({ machine, missing }: Result): string[] {
  const gaps = missing.map(({ what, because }) => `- Not measured: ${what}, because ${because}.`)
  return [
    '## What it does not show',
    [
      '- Times of another machine. Machines are noisy and differ; the ratios of one run differ less.',
      '- Networks: no program here has one. Large code, large output, long programs: these run as long as they run.',
      '- The echo over vsock goes to a VM of the same kind that was started by hand, not to the very VM that answers the program: that one is used once.',
      ...(machine.isolation === 'emulated'
        ? ['- What KVM changes: a guest boots in a fraction of a second there.']
        : []),
      ...(machine.isVirtual
        ? ["- A machine of one's own: this one is itself virtual, and shares its processors."]
        : []),
      '- Containers and namespaces beside Vulcan run the interpreter of their image, or of the host, without a kernel of its own around the program: they are here for the order of magnitude.',
      ...gaps,
    ].join('\n'),
  ]
}
