interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

const LINE = /^([A-Za-z_:][\w:]*)(?:\{(.*)\})? (\S+)/
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g

/** What a server counted, as it stands at `GET /metrics` (Prometheus' text format). */
export class Metrics {
  readonly #samples: readonly Sample[]
  readonly #names: ReadonlySet<string>

  constructor(text: string) {
    const lines = text.split('\n')
    this.#samples = lines.flatMap(parse)
    const named = lines.map((line) => /^# TYPE (\S+)/.exec(line)?.[1])
    this.#names = new Set(named.filter((name) => name !== undefined))
  }

  /** Whether there is such a metric, even when nothing was counted yet. */
  has(name: string): boolean {
    return this.#names.has(name) || this.#samples.some((sample) => sample.name === name)
  }

  /** The sum over all sets of labels that have these among them; 0 where there is none. */
  sum(name: string, labels: Readonly<Record<string, string>> = {}): number {
    const wanted = Object.entries(labels)
    return this.#samples
      .filter((sample) => sample.name === name)
      .filter((sample) => wanted.every(([label, value]) => sample.labels[label] === value))
      .reduce((sum, { value }) => sum + value, 0)
  }
}

function parse(line: string): Sample[] {
  const [, name, labels = '', value] = line.startsWith('#') ? [] : (LINE.exec(line) ?? [])
  if (name === undefined) return []
  const pairs = [...labels.matchAll(LABEL)].map(([, label = '', text = '']) => [label, text])
  return [{ name, labels: Object.fromEntries(pairs), value: Number(value) }]
}
