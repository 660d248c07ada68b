import type { Random } from './random.ts'

/** What parsers stumble over. */
const TOKENS = [
  ...[
    '\0',
    '\n',
    '\r\n',
    '"',
    '\\',
    '\\u0000',
    '\ud800',
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '-',
    '1e999',
  ],
  ...['__proto__', 'constructor', 'toString', 'null', 'true', '99999999999999999999', '\ufeff'],
].map((token) => Buffer.from(token))

const KEYS = ['__proto__', 'constructor', 'toString', 'type', 'id', 'length', '', '0'] as const
const DEEP = 2_000

/** The bytes with up to four changes: bits, ranges and tokens. */
export function mutateBytes(random: Random, bytes: Buffer): Buffer {
  let mutated: Buffer = Buffer.from(bytes)
  for (let left = random.below(5); left > 0; left -= 1) mutated = mutateOnce(random, mutated)
  return mutated
}

function mutateOnce(random: Random, bytes: Buffer): Buffer {
  const at = random.below(bytes.length + 1)
  const until = Math.min(bytes.length, at + random.below(16))
  const splice = (between: Uint8Array, from = until) =>
    Buffer.concat([bytes.subarray(0, at), between, bytes.subarray(from)])
  switch (random.below(6)) {
    case 0:
      if (at < bytes.length) bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << random.below(8)), at)
      return bytes
    case 1:
      return splice(Buffer.alloc(0))
    case 2:
      return splice(bytes.subarray(at, until), at)
    case 3:
      return splice(random.pick(TOKENS), at)
    case 4:
      return splice(random.bytes(until - at))
    default:
      return random.oneIn(4) ? bytes.subarray(0, at) : bytes
  }
}

/** A copy of a JSON value with up to three changes of its parts. */
export function mutateJson(random: Random, value: unknown): unknown {
  let mutated = value
  for (let left = random.below(4); left > 0; left -= 1) mutated = changePart(random, mutated)
  return mutated
}

function changePart(random: Random, value: unknown): unknown {
  if (value === null || typeof value !== 'object' || random.oneIn(4)) return oddValue(random, value)
  if (Array.isArray(value)) return value.map((item) => mutateJson(random, item))
  const entries = Object.entries(value)
  const at = random.below(entries.length + 1)
  const [key, part] = entries[at] ?? [random.pick(KEYS), oddValue(random, value)]
  const changed = random.oneIn(4) ? random.pick(KEYS) : key
  const next = random.oneIn(8) ? [] : [[changed, changePart(random, part)] as const]
  // Own properties whatever their names, as JSON.parse makes them.
  return Object.fromEntries([...entries.slice(0, at), ...next, ...entries.slice(at + 1)])
}

function oddValue(random: Random, value: unknown): unknown {
  return random.pick<() => unknown>([
    () => null,
    () => random.below(2 ** 32) - 2 ** 31,
    () => random.below(1000) / 7,
    () => Number.MAX_SAFE_INTEGER,
    () => random.oneIn(2),
    () => '',
    () => 'x'.repeat(random.below(100)),
    () => random.bytes(random.below(12)).toString('latin1'),
    () => random.bytes(random.below(12)).toString('base64'),
    () => [],
    () => ({}),
    () => [value],
    () => ({ [random.pick(KEYS)]: value }),
    () => (random.oneIn(20) ? JSON.parse('['.repeat(DEEP) + ']'.repeat(DEEP)) : [[[]]]),
  ])()
}

/** The bytes in the pieces in which a stream may bring them. */
export function cut(random: Random, bytes: Buffer): Buffer[] {
  const pieces: Buffer[] = []
  const longest = 1 + random.below(random.oneIn(2) ? bytes.length + 1 : 8)
  for (let at = 0; at < bytes.length; ) {
    const length = 1 + random.below(longest)
    pieces.push(bytes.subarray(at, at + length))
    at += length
  }
  return pieces
}
