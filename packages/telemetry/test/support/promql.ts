import assert from 'node:assert/strict'

/** One metric in an expression, and how it is selected. */
export interface Selector {
  readonly metric: string
  readonly matchers: readonly {
    readonly label: string
    readonly op: string
    readonly value: string
  }[]
}

export interface Expression {
  readonly selectors: readonly Selector[]
  /** The labels that results are grouped by or matched on. */
  readonly labels: readonly string[]
  readonly functions: readonly string[]
}

/** Words that stand before a list of labels in parentheses. */
const LABEL_LISTS = ['by', 'without', 'on', 'ignoring', 'group_left', 'group_right']
const OPERATORS = ['and', 'or', 'unless', 'bool', 'offset']

const TOKEN =
  /\s+|(?<duration>\[(?:\d+[smhdwy]|\$__rate_interval)\])|(?<string>"(?:[^"\\]|\\.)*")|(?<number>\d+(?:\.\d+)?)|(?<word>[a-zA-Z_:][\w:]*)|(?<op>=~|!~|!=|==|>=|<=|[-+*/%^<>=(){},])/y

interface Token {
  readonly kind: 'duration' | 'string' | 'number' | 'word' | 'op'
  readonly text: string
}

/** Reads as much of PromQL as our expressions use; fails at anything else. */
export function parsePromql(expression: string): Expression {
  const tokens = tokenize(expression)
  const selectors: Selector[] = []
  const labels: string[] = []
  const functions: string[] = []
  const at = (index: number) => tokens[index]?.text
  for (let index = 0; index < tokens.length; index += 1) {
    const { kind, text } = tokens[index] as Token
    if (text === '{') assert.fail(`matchers of no metric: ${expression}`)
    if (kind !== 'word' || OPERATORS.includes(text)) continue
    const isCalled = at(index + 1) === '('
    if (LABEL_LISTS.includes(text) && isCalled) {
      const end = tokens.findIndex((token, place) => place > index && token.text === ')')
      labels.push(...wordsOf(tokens.slice(index + 2, end)))
      index = end
    } else if (isCalled || LABEL_LISTS.includes(at(index + 1) ?? '')) {
      functions.push(text)
    } else {
      const end = at(index + 1) === '{' ? closing(tokens, index + 1) : index
      selectors.push({ metric: text, matchers: matchersOf(tokens.slice(index + 2, end)) })
      index = end
    }
  }
  assertBalanced(tokens, expression)
  return { selectors, labels, functions }
}

function tokenize(expression: string): Token[] {
  const tokens: Token[] = []
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < expression.length) {
    const from = TOKEN.lastIndex
    const { groups = {} } = TOKEN.exec(expression) ?? assert.fail(`at ${from} of ${expression}`)
    for (const [kind, text] of Object.entries(groups)) {
      if (text !== undefined) tokens.push({ kind: kind as Token['kind'], text })
    }
  }
  return tokens
}

function closing(tokens: readonly Token[], from: number): number {
  return tokens.findIndex(({ text }, place) => place > from && text === '}')
}

function wordsOf(tokens: readonly Token[]): string[] {
  return tokens.filter(({ kind }) => kind === 'word').map(({ text }) => text)
}

function matchersOf(tokens: readonly Token[]): Selector['matchers'] {
  const count = Math.ceil(tokens.length / 4)
  return Array.from({ length: count }, (_, n) => {
    const [label, op, value, comma] = tokens.slice(n * 4, n * 4 + 4)
    assert.equal(label?.kind, 'word')
    assert.ok(['=', '!=', '=~', '!~'].includes(op?.text ?? ''))
    assert.equal(value?.kind, 'string')
    assert.ok(comma === undefined || comma.text === ',')
    return { label: label?.text ?? '', op: op?.text ?? '', value: JSON.parse(value?.text ?? '') }
  })
}

function assertBalanced(tokens: readonly Token[], expression: string): void {
  let depth = 0
  for (const { text } of tokens) {
    if (text === '(') depth += 1
    if (text === ')') depth -= 1
    assert.ok(depth >= 0, expression)
  }
  assert.equal(depth, 0, expression)
}
