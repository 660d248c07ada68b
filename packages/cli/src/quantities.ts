import { WORKLOAD_LIMITS } from '@vulcan/schema'
import { UsageError } from './usage-error.ts'

const MIB_BYTES = 1024 ** 2
const UNIT_BYTES: Readonly<Record<string, number>> = {
  '': 1,
  K: 1024,
  M: MIB_BYTES,
  G: 1024 ** 3,
}
const UNIT_S: Readonly<Record<string, number>> = { '': 1, s: 1, m: 60, h: 3600, d: 86_400 }

/** The least and the most that a flag takes, in the unit of what is parsed, and both in words. */
export interface Range {
  readonly min: number
  readonly max: number
  readonly words: string
}

const { cpus, memMibMin, memMibMax } = WORKLOAD_LIMITS

/** Virtual CPUs of one workload. */
export const CPUS: Range = { min: 1, max: cpus, words: `1 to ${cpus}` }
/** Memory of one workload, in MiB. */
export const MEMORY: Range = {
  min: memMibMin,
  max: memMibMax,
  words: `${memMibMin}M to ${memMibMax / 1024}G`,
}

/** What a flag says, if it is there. */
export function optional<Value>(
  text: string | undefined,
  parse: (text: string) => Value,
): Value | undefined {
  return text === undefined ? undefined : parse(text)
}

/** `30s`, `5m`, `1h`, `30d` or plain seconds, as whole seconds. Throws `UsageError`. */
export function parseDurationS(flag: string, text: string, range?: Range): number {
  const takes = 'a duration such as 30s, 5m or 1h'
  return within(range, flag, text, parse(flag, text, /^(\d{1,9})([smhd]?)$/, UNIT_S, takes))
}

/** `512K`, `16M`, `1G` (powers of 1024) or plain bytes. Throws `UsageError`. */
export function parseBytes(flag: string, text: string, range?: Range): number {
  const takes = 'a size such as 512K, 16M or 1G'
  return within(range, flag, text, parse(flag, text, /^(\d{1,12})([KMG]?)$/, UNIT_BYTES, takes))
}

/** `512M`, `2G` or a plain number of MiB, as whole MiB. Throws `UsageError`. */
export function parseMib(flag: string, text: string, range?: Range): number {
  const bytes = parseBytes(flag, /^\d+$/.test(text) ? `${text}M` : text)
  const mib = bytes / MIB_BYTES
  if (!Number.isInteger(mib)) throw new UsageError(`${flag} is "${text}", but takes whole MiB`)
  return within(range, flag, text, mib)
}

/** Throws `UsageError`. */
export function parseCount(flag: string, text: string, range?: Range): number {
  const count = parse(flag, text, /^(\d{1,9})()$/, { '': 1 }, 'a whole number')
  return within(range, flag, text, count)
}

function within(range: Range | undefined, flag: string, text: string, value: number): number {
  if (range === undefined || (value >= range.min && value <= range.max)) return value
  throw new UsageError(`${flag} is "${text}", but takes ${range.words}`)
}

function parse(
  flag: string,
  text: string,
  form: RegExp,
  units: Readonly<Record<string, number>>,
  takes: string,
): number {
  const [, number, unit] = form.exec(text) ?? []
  const factor = units[unit ?? '?']
  if (number === undefined || factor === undefined) {
    throw new UsageError(`${flag} is "${text}", but takes ${takes}`)
  }
  return Number(number) * factor
}

/** A number of bytes, for a table. */
export function formatMib(bytes: number): string {
  return `${(bytes / MIB_BYTES).toFixed(1)} MiB`
}
