import { parseArgs } from 'node:util'
import { messageOf } from '@vulcan/schema'
import { logger } from '../src/schemas/sinks.ts'
import { BODY_BYTES_MAX } from '../src/server/request-parser.ts'

/** Of Firecracker's exit codes (`FcExitCode`). */
const BAD_CONFIGURATION = 152
const ARGUMENT_PARSING = 153
/** A panic of Rust's. */
const PANIC = 101
/** Of the snapshots of Firecracker 1.16. */
const SNAPSHOT_VERSION = 'v10.0.0'

const value = { type: 'string' } as const
const flag = { type: 'boolean' } as const

/** The last are those of `vulcan-vmm`, whose place the fake takes, too, and of the fake's jailer. */
const OPTIONS = {
  'api-sock': value,
  'boot-timer': flag,
  'config-file': value,
  'describe-snapshot': value,
  'enable-pci': flag,
  help: { ...flag, short: 'h' },
  'http-api-max-payload-size': value,
  id: value,
  level: value,
  'log-path': value,
  metadata: value,
  'metrics-path': value,
  'mmds-size-limit': value,
  module: value,
  'no-api': flag,
  'no-seccomp': flag,
  'parent-cpu-time-us': value,
  'seccomp-filter': value,
  'show-level': flag,
  'show-log-origin': flag,
  'snapshot-version': flag,
  'start-time-cpu-us': value,
  'start-time-us': value,
  version: flag,
  accel: value,
  gid: value,
  'jail-root': value,
  uid: value,
} as const

/** What a fake VM heeds of its arguments. */
export interface CommandLine {
  readonly id: string
  readonly apiSocket: string | undefined
  readonly configFile: string | undefined
  readonly metadata: string | undefined
  /** What a VMM that the stand-in of the jailer has started sees as `/`. */
  readonly jailRoot: string | undefined
  readonly pciEnabled: boolean
  readonly bodyBytesMax: number
  readonly metadataBytesMax: number
}

/** The process ends instead of becoming a VMM: it was only asked something, or told nonsense. */
export class ProgramEnd extends Error {
  readonly exitCode: number

  constructor(exitCode: number, words: string) {
    super(words)
    this.name = 'ProgramEnd'
    this.exitCode = exitCode
  }
}

/** As Firecracker of `version` reads its arguments. Throws `ProgramEnd`. */
export function parseCommandLine(args: readonly string[], version: string): CommandLine {
  const own = args.includes('--') ? args.slice(0, args.indexOf('--')) : args
  if (own.includes('--help') || own.includes('-h')) {
    const names = Object.keys(OPTIONS).map((name) => `  --${name}\n`)
    throw new ProgramEnd(0, `Firecracker v${version}\n\noptional arguments:\n${names.join('')}`)
  }
  if (own.includes('--version')) throw new ProgramEnd(0, `Firecracker v${version}\n\n`)
  const options = parse(own)
  if (options['snapshot-version']) throw new ProgramEnd(0, `${SNAPSHOT_VERSION}\n`)
  const id = options.id ?? 'anonymous-instance'
  if (!/^[\p{L}\p{N}-]{1,64}$/u.test(id)) throw new ProgramEnd(PANIC, `Invalid instance ID: ${id}`)
  if (!logger.safeDecode({ level: options.level ?? null }).success) {
    throw new ProgramEnd(BAD_CONFIGURATION, `Invalid log level: ${options.level}`)
  }
  const bodyBytesMax = Number(options['http-api-max-payload-size'] ?? BODY_BYTES_MAX)
  return {
    id,
    apiSocket: options['no-api'] ? undefined : options['api-sock'],
    configFile: options['config-file'],
    metadata: options.metadata,
    jailRoot: options['jail-root'],
    pciEnabled: options['enable-pci'] ?? false,
    bodyBytesMax,
    metadataBytesMax: Number(options['mmds-size-limit'] ?? bodyBytesMax),
  }
}

function parse(args: readonly string[]) {
  const { values, tokens } = parseStrictly(args)
  const names = tokens.flatMap((token) => (token.kind === 'option' ? [token.name] : []))
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) throw refusal(`The argument ${twice} was provided more than once.`)
  if (values['no-api'] && values['config-file'] === undefined) {
    throw refusal('The argument no-api requires the argument config-file.')
  }
  if (values['no-seccomp'] && values['seccomp-filter'] !== undefined) {
    throw refusal('The arguments no-seccomp and seccomp-filter exclude each other.')
  }
  return values
}

function parseStrictly(args: readonly string[]) {
  try {
    return parseArgs({ args, options: OPTIONS, strict: true, tokens: true })
  } catch (error) {
    throw refusal(messageOf(error))
  }
}

function refusal(words: string): ProgramEnd {
  return new ProgramEnd(ARGUMENT_PARSING, `Arguments parsing error: ${words}`)
}
