import { HttpProblem } from '../http-problem.ts'

/** Deeper JSON is for attacks on parsers. */
const DEPTH_MAX = 100
/** Strings, brackets and commas: each costs microseconds to parse and to check. */
const PARTS_MAX = 200_000

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const [OPEN_ARRAY, CLOSE_ARRAY] = [0x5b, 0x5d]
const [OPEN_OBJECT, CLOSE_OBJECT] = [0x7b, 0x7d]

/**
 * Refuses JSON that would take long to parse: 15 MB of brackets are seconds in `JSON.parse`. Takes
 * milliseconds itself, and leaves whether it is JSON at all to the parser. Throws `HttpProblem`
 * `invalid_request`.
 */
export function checkJsonShape(json: Buffer): void {
  let depth = 0
  let parts = 0
  for (let at = 0; at < json.length; at += 1) {
    const byte = json[at]
    if (byte === QUOTE) {
      at = endOfString(json, at)
      parts += 1
    } else if (byte === COMMA) {
      parts += 1
    } else if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) {
      depth += 1
      parts += 1
    } else if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) {
      depth -= 1
    }
    if (depth > DEPTH_MAX) throw refusal(`is nested more than ${DEPTH_MAX} levels deep`)
    if (parts > PARTS_MAX) throw refusal(`has more than ${PARTS_MAX} strings, brackets and commas`)
  }
}

/** Where the string that begins at `start` has its closing quote, or the end of all. */
function endOfString(json: Buffer, start: number): number {
  for (let from = start + 1; ; ) {
    const quote = json.indexOf(QUOTE, from)
    if (quote === -1) return json.length
    let escapes = 0
    while (json[quote - 1 - escapes] === BACKSLASH && quote - 1 - escapes > start) escapes += 1
    if (escapes % 2 === 0) return quote
    from = quote + 1
  }
}

function refusal(what: string): HttpProblem {
  return new HttpProblem('invalid_request', `body: the JSON ${what}`, { field: 'body' })
}
