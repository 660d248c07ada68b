import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { test } from 'node:test'
import { ProblemCode, Reason } from '@vulcan/schema'
import { parse } from 'yaml'
import * as z from 'zod'
import { type BoundedValues, INSTRUMENTS, type Instrument } from '../src/instruments.ts'
import { parsePromql, type Selector } from './support/promql.ts'

const OPS = resolve(import.meta.dirname, '../../../ops')
/** What Prometheus itself adds to all that it scrapes. */
const TARGET_LABELS = ['instance', 'job']
const FUNCTIONS = ['sum', 'rate', 'increase', 'resets', 'absent', 'histogram_quantile']
const UNITS = ['none', 'ops', 'reqps', 's', 'bytes', 'Bps']

const Alert = z.strictObject({
  alert: z.string().regex(/^Vulcan[A-Za-z]+$/),
  expr: z.string(),
  for: z.string().regex(/^\d+m$/),
  labels: z.strictObject({ severity: z.enum(['warning', 'critical']) }),
  annotations: z.strictObject({
    summary: z.string().min(10),
    runbook_url: z.string(),
  }),
})
const Rules = z.strictObject({
  groups: z.array(z.strictObject({ name: z.string(), rules: z.array(Alert) })),
})

const Row = z.object({ type: z.literal('row'), title: z.string() })
const Panel = z.object({
  id: z.int(),
  type: z.enum(['timeseries', 'stat']),
  title: z.string().min(1),
  gridPos: z.object({ x: z.int(), y: z.int(), w: z.int(), h: z.int() }),
  fieldConfig: z.object({ defaults: z.object({ unit: z.enum(UNITS) }) }),
  targets: z.array(z.object({ refId: z.string(), expr: z.string() })).min(1),
})
const Dashboard = z.object({
  title: z.string(),
  templating: z.object({ list: z.array(z.object({ name: z.string(), query: z.string() })) }),
  panels: z.array(z.union([Row, Panel])),
})

async function readAlerts() {
  const text = await readFile(resolve(OPS, 'prometheus-alerts.yaml'), 'utf8')
  return Rules.parse(parse(text)).groups.flatMap(({ rules }) => rules)
}

async function readDashboard() {
  const text = await readFile(resolve(OPS, 'grafana-dashboard.json'), 'utf8')
  const { panels, ...rest } = Dashboard.parse(JSON.parse(text))
  return { ...rest, panels: panels.filter((panel) => panel.type !== 'row') }
}

/** The row of the table that a metric of an expression is of. */
function rowOf(metric: string): Instrument {
  const rows: readonly Instrument[] = Object.values(INSTRUMENTS)
  const found = rows.find(({ prometheus, kind }) =>
    kind === 'histogram'
      ? [`${prometheus}_bucket`, `${prometheus}_sum`, `${prometheus}_count`].includes(metric)
      : prometheus === metric,
  )
  return found ?? assert.fail(`no metric is called ${metric}`)
}

function assertOfTable(expression: string): void {
  const { selectors, labels, functions } = parsePromql(expression)
  assert.ok(selectors.length > 0, expression)
  for (const name of functions) assert.ok(FUNCTIONS.includes(name), `${name} in ${expression}`)
  for (const selector of selectors) assertMatchers(selector)
  for (const label of labels.filter((each) => !TARGET_LABELS.includes(each))) {
    const having = selectors.filter(({ metric }) => {
      return label === 'le' ? metric.endsWith('_bucket') : label in rowOf(metric).labels
    })
    assert.ok(having.length > 0, `no metric has a label ${label}: ${expression}`)
  }
}

function assertMatchers({ metric, matchers }: Selector): void {
  const { labels } = rowOf(metric)
  for (const { label, op, value } of matchers) {
    if (TARGET_LABELS.includes(label)) continue
    const values = labels[label] ?? assert.fail(`${metric} has no label ${label}`)
    for (const each of op.endsWith('~') ? value.split('|') : [value]) assertValue(each, values)
  }
}

function assertValue(value: string, values: readonly string[] | BoundedValues): void {
  if ('pattern' in values) assert.match(value, values.pattern)
  else assert.ok(values.includes(value), `"${value}" is none of ${values.join(', ')}`)
}

test('every expression of an alert is of metrics, labels and values of the table', async () => {
  const alerts = await readAlerts()
  for (const { expr } of alerts) assertOfTable(expr)
  const names = alerts.map(({ alert }) => alert)
  assert.equal(new Set(names).size, names.length)
})

test('every alert leads to what to do, by the code of what is wrong', async () => {
  const codes: readonly string[] = [...Reason.options, ...ProblemCode.options]
  for (const { annotations } of await readAlerts()) {
    const [page, anchor = ''] = annotations.runbook_url.split('#')
    assert.equal(page, 'docs/troubleshooting.md')
    assert.ok(codes.includes(anchor), anchor)
  }
})

test('every expression of the dashboard is of metrics, labels and values of the table', async () => {
  const { panels } = await readDashboard()
  for (const { targets } of panels) for (const { expr } of targets) assertOfTable(expr)
})

test('every metric of the table is on the dashboard', async () => {
  const { panels } = await readDashboard()
  const shown = panels
    .flatMap(({ targets }) => targets)
    .flatMap(({ expr }) => parsePromql(expr).selectors)
    .map(({ metric }) => rowOf(metric).prometheus)
  const missing = Object.values(INSTRUMENTS)
    .map(({ prometheus }) => prometheus)
    .filter((name) => !shown.includes(name))
  assert.deepEqual(missing, [])
})

test('what the dashboard lets choose is of the table, and no panel lies on another', async () => {
  const { panels, templating } = await readDashboard()
  const { query } = templating.list.find(({ name }) => name === 'instance') ?? assert.fail()
  const [, metric = '', label = ''] = /^label_values\((\w+), (\w+)\)$/.exec(query) ?? []
  assert.ok(label in rowOf(metric).labels || TARGET_LABELS.includes(label))
  const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, n) => `${x + (n % w)},${y + Math.floor(n / w)}`),
  )
  assert.equal(new Set(cells).size, cells.length)
  assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length)
  for (const { gridPos } of panels) assert.ok(gridPos.x + gridPos.w <= 24)
})

for (const [what, expression] of [
  ['a metric that is none', 'rate(vulcan_made_up_total[5m])'],
  ['a histogram without its suffix', 'rate(vulcan_firecracker_vm_boot_seconds[5m])'],
  ['a label that the metric has not', 'vulcan_build_info{runtime="go"}'],
  ['a value that the label cannot have', 'vulcan_workload_active{state="asleep"}'],
  ['one value of several', 'vulcan_firecracker_workloads_total{reason=~"exited|left"}'],
  ['a label to group by that there is not', 'sum by (key) (vulcan_build_info)'],
  ['a function that is none', 'rates(vulcan_workload_submitted_total[5m])'],
  ['parentheses that do not close', 'sum(rate(vulcan_workload_submitted_total[5m])'],
  ['no metric', 'sum(1)'],
] as const) {
  test(`an expression with ${what} would be found`, () => {
    assert.throws(() => assertOfTable(expression))
  })
}
