import { type BoundedValues, INSTRUMENTS, type Instrument } from '../../src/instruments.ts'
import { knownVariables } from '../../src/settings.ts'

/** What `docs/telemetry.md` must be. */
export async function renderDocument(): Promise<string> {
  return `${[
    '# Telemetry',
    '<!-- Written by packages/telemetry/test/support/write-document.ts; not by hand. -->',
    INTRODUCTION,
    '## Metrics',
    METRICS,
    metricTable(),
    '## Labels',
    LABELS,
    labelTable(),
    '## Traces',
    TRACES,
    '## Logs',
    LOGS,
    "## OpenTelemetry's variables",
    VARIABLES,
    await variableTable(),
  ].join('\n\n')}\n`
}

const INTRODUCTION = `\`vulcan serve\` measures and traces with OpenTelemetry. Metrics can be read at \`GET /metrics\` (Prometheus' text format), and metrics and traces can be sent to a collector (OTLP). \`ops/\` has a Grafana dashboard and alert rules for Prometheus.`

const METRICS = `\`target_info\` says what host it is of: \`OTEL_SERVICE_NAME\`, \`OTEL_RESOURCE_ATTRIBUTES\`, the version and the host's id. What is sent by OTLP has the instrument's name and unit; \`/metrics\` has the unit in the name. Durations are of a clock that does not jump.`

const LABELS = `Every set of values is bounded: no label is an id, a key or a path. What a client chooses and the table does not know counts as \`_OTHER\` (methods) or \`unknown\` (paths).`

const TRACES = `One trace shows a workload from its request to its release. The span of the request continues the caller's trace (\`traceparent\`, W3C Trace Context). Below it the span \`workload\` lasts from acceptance to the end of the release; its children are \`queue\`, each phase (\`image\`, \`drives\`, \`network\`, \`vmm\`, \`booting\`, \`request\`, \`running\`, \`ended\`) and \`release\`, one after the other. Attributes: \`vulcan.workload.id\`, \`.runtime\`, \`.isolation\`, \`.cpus\`, \`.mem_mib\`, \`.timeout_s\`, and at the end \`.reason\` and \`.exit_code\`. Code, environment, arguments and output are in none.`

const LOGS = `JSON, one line each, on standard error; \`VULCAN_LOG_LEVEL\` says from which level on. A line that belongs to a request or a workload has \`request_id\`, \`workload_id\`, \`trace_id\` and \`span_id\`. Each workload that ends has one line, \`workload ended\`, with \`runtime\`, \`reason\`, \`exit_code\`, \`duration_ms\` and \`total_ms\`. Code, environment, arguments, output, consoles of guests and headers that let somebody in are in no line.`

const VARIABLES = `A variable that starts with \`OTEL_\` is honoured or refused at the start, never ignored. An empty one is not there. Defaults are those of OpenTelemetry's specification, but nothing is sent unless an endpoint is named or \`otlp\` is asked for. A collector that is down costs a bounded queue, and one line in the log every five minutes. \`OTEL_EXPORTER_OTLP_TRACES_…\` and \`…_METRICS_…\` go before those of both.`

function metricTable(): string {
  return table(
    ['at /metrics', 'instrument', 'unit', 'type', 'labels', 'what'],
    Object.entries<Instrument>(INSTRUMENTS).map(([name, row]) => [
      `\`${row.prometheus}\``,
      `\`${name}\``,
      row.unit,
      row.buckets === undefined ? row.kind : `histogram: ${row.buckets.join(' ')}`,
      Object.keys(row.labels)
        .map((label) => `\`${label}\``)
        .join(', '),
      row.help,
    ]),
  )
}

/** Once for each label and its values: two metrics can have other values of one label. */
function labelTable(): string {
  const rows = new Map<string, string[]>()
  for (const { prometheus, labels } of Object.values<Instrument>(INSTRUMENTS)) {
    for (const [label, values] of Object.entries(labels)) {
      const key = `| \`${label}\` | ${describeValues(values)} |`
      rows.set(key, [...(rows.get(key) ?? []), `\`${prometheus}\``])
    }
  }
  const lines = [...rows].map(([key, names]) => `${key} ${names.join(', ')} |`)
  return ['| label | values | of |', '|---|---|---|', ...lines].join('\n')
}

function describeValues(values: readonly string[] | BoundedValues): string {
  if (!('pattern' in values)) return values.map((value) => `\`${value}\``).join(', ')
  const pattern = values.pattern.source.replaceAll('|', '\\|').replaceAll('\\/', '/')
  return `at most ${values.atMost} of \`${pattern}\``
}

async function variableTable(): Promise<string> {
  const known = [...(await knownVariables())].sort(([one], [other]) => (one < other ? -1 : 1))
  return table(
    ['variable', 'takes'],
    known.map(([variable, takes]) => [`\`${variable}\``, takes]),
  )
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(head), `|${head.map(() => '---|').join('')}`, ...rows.map(line)].join('\n')
}
