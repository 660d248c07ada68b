import assert from 'node:assert/strict'

export interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** All samples of one metric; those of a histogram have names of their own. */
export interface Family {
  readonly name: string
  readonly help: string
  readonly type: string
  readonly samples: Sample[]
}

const SAMPLE = /^(?<name>[a-zA-Z_:][\w:]*)(?:\{(?<labels>.*)\})? (?<value>[\d.eE+-]+|\+Inf|NaN)$/
const LABEL = /(?<label>[a-zA-Z_]\w*)="(?<text>(?:[^"\\]|\\.)*)"(?:,|$)/y

/** Reads Prometheus' text format 0.0.4; fails at a line that is not of it. */
export function parseExposition(body: string): Family[] {
  const families: Family[] = []
  let help: { name: string; text: string } | undefined
  for (const line of body.split('\n').filter((each) => each !== '')) {
    const [, keyword, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? []
    if (keyword === 'HELP') help = { name, text: rest }
    else if (keyword === 'TYPE') {
      assert.equal(help?.name, name)
      families.push({ name, help: help?.text ?? '', type: rest, samples: [] })
    } else {
      const family = families.at(-1) ?? assert.fail(`a sample of no metric: ${line}`)
      const sample = parseSample(line)
      assert.ok(namesOf(family).includes(sample.name), line)
      family.samples.push(sample)
    }
  }
  return families
}

function namesOf({ name, type }: Family): string[] {
  return type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name]
}

function parseSample(line: string): Sample {
  const { name = '', labels = '', value = '' } = SAMPLE.exec(line)?.groups ?? assert.fail(line)
  const found: Record<string, string> = {}
  LABEL.lastIndex = 0
  while (LABEL.lastIndex < labels.length) {
    const { label = '', text = '' } = LABEL.exec(labels)?.groups ?? assert.fail(line)
    assert.ok(!(label in found), line)
    found[label] = text
  }
  return { name, labels: found, value: Number(value) }
}
