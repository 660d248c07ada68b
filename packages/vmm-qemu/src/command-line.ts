import { Command, type CommanderError, InvalidArgumentError, Option } from 'commander'
import { UsageError } from './errors.ts'
import { LOG_LEVELS, type LogLevel } from './log.ts'

const VERSION = '0.1.0'
/** The version of Firecracker whose API and command line this program has. */
export const FIRECRACKER_VERSION = '1.16.1'

export const ACCELERATORS = ['tcg', 'kvm'] as const
export type Accelerator = (typeof ACCELERATORS)[number]

/** Who QEMU and vhost-device-vsock run as. */
export interface Identity {
  readonly uid: number
  readonly gid: number
}

export interface VmmOptions {
  readonly id: string
  /** Undefined with `--no-api`. */
  readonly apiSocketPath: string | undefined
  readonly bodyBytesMax: number
  readonly configFile: string | undefined
  readonly logPath: string | undefined
  readonly level: LogLevel
  readonly accelerator: Accelerator
  readonly identity: Identity | undefined
  /** What is to be said in the log about options that change nothing here. */
  readonly notices: readonly string[]
}

interface Parsed extends Record<string, unknown> {
  readonly apiSock: string
  readonly id: string
  readonly configFile?: string
  readonly api: boolean
  readonly logPath?: string
  readonly level: LogLevel
  readonly accel: Accelerator
  readonly uid?: number
  readonly gid?: number
  readonly httpApiMaxPayloadSize?: number
}

/** The API's own limit (`serveFirecrackerApi`), the default of Firecracker. */
const HTTP_BODY_BYTES_MAX = 51_200
/** Firecracker's exit codes for an option that it does not take, and for an unknown level. */
const EXIT_CODES = { arguments: 153, level: 152 } as const
const ID = /^[A-Za-z0-9-]{1,64}$/
/** The highest id is reserved: it means "no change" to setresuid(2). */
const USER_ID_MAX = 2 ** 32 - 2

/** Firecracker's options that neither limit nor protect, and mean nothing to QEMU. */
const WITHOUT_EFFECT = {
  bootTimer: ['--boot-timer', 'there is no boot timer device'],
  metricsPath: ['--metrics-path <file>', 'there are no metrics'],
  mmdsSizeLimit: ['--mmds-size-limit <bytes>', 'there is no metadata service'],
  module: ['--module <name>', 'the log has no modules'],
  seccomp: ['--no-seccomp', "QEMU's sandbox stays on"],
  showLevel: ['--show-level', 'the log always shows the level'],
  showLogOrigin: ['--show-log-origin', 'the log has no origins'],
  startTimeUs: ['--start-time-us <us>', 'there are no metrics'],
  startTimeCpuUs: ['--start-time-cpu-us <us>', 'there are no metrics'],
  parentCpuTimeUs: ['--parent-cpu-time-us <us>', 'there are no metrics'],
} as const

/** Firecracker's options that ask for what QEMU cannot do here. */
const REFUSED = {
  seccompFilter: ['--seccomp-filter <file>', 'QEMU brings its own filter, which stays on'],
  metadata: ['--metadata <file>', 'there is no metadata service'],
  enablePci: ['--enable-pci', 'the machine has no PCI'],
  snapshotVersion: ['--snapshot-version', 'there are no snapshots'],
  describeSnapshot: ['--describe-snapshot <file>', 'there are no snapshots'],
} as const

/**
 * Parses Firecracker's command line and the options that are vulcan-vmm's own.
 *
 * Throws `UsageError` (`usage`), and commander's own error for `--help`, `--version` and options
 * that it does not know, after it has said what there is to say.
 */
export function parseCommandLine(
  args: readonly string[],
  ownUid: number | undefined = process.getuid?.(),
): VmmOptions {
  const command = buildCommand()
  refuseTwice(command)
  command.parse(args, { from: 'user' })
  const parsed = command.opts<Parsed>()
  for (const [name, [flag, why]] of Object.entries(REFUSED)) {
    if (isGiven(command, name)) throw new UsageError(`${flag} is not supported: ${why}`)
  }
  if (!parsed.api && parsed.configFile === undefined) {
    throw new UsageError('--no-api needs --config-file')
  }
  return {
    id: parsed.id,
    apiSocketPath: parsed.api ? parsed.apiSock : undefined,
    bodyBytesMax: parsed.httpApiMaxPayloadSize ?? HTTP_BODY_BYTES_MAX,
    configFile: parsed.configFile,
    logPath: parsed.logPath,
    level: parsed.level,
    accelerator: parsed.accel,
    identity: checkIdentity(parsed, ownUid),
    notices: Object.entries(WITHOUT_EFFECT)
      .filter(([name]) => isGiven(command, name))
      .map(([, [flag, why]]) => `${flag} has no effect: ${why}`),
  }
}

/** What Firecracker would exit with, where it knows the option. */
export function exitCodeOf(error: UsageError | CommanderError): number {
  if (error instanceof UsageError) return EXIT_CODES.arguments
  if (error.exitCode === 0) return 0
  return error.message.includes('--level') ? EXIT_CODES.level : EXIT_CODES.arguments
}

/** Whether an error only ends the program, because commander has said everything. */
export function isCommanderError(error: unknown): error is CommanderError {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('commander.')
}

function buildCommand(): Command {
  const command = new Command('vulcan-vmm')
    .description("Firecracker's API and command line in front of QEMU")
    .version(
      `vulcan-vmm v${VERSION} (API of Firecracker v${FIRECRACKER_VERSION})`,
      '--version',
      'print the version',
    )
    .option('--api-sock <path>', "the API's socket", '/run/firecracker.socket')
    .option('--id <id>', "the machine's id", parseId, 'anonymous-instance')
    .option('--config-file <file>', 'configure and start the machine as this file says')
    .option('--no-api', 'serve no API')
    .option('--log-path <file>', 'write the log there instead of stderr')
    .option('--level <level>', 'the least level to log', parseLevel, 'Info')
    .option('--http-api-max-payload-size <bytes>', "the API's limit", parseNumber)
    .addOption(
      new Option('--accel <how>', 'who executes the guest').choices(ACCELERATORS).default('tcg'),
    )
    .option('--uid <uid>', 'user of QEMU and vhost-device-vsock; root must give it', parseUserId)
    .option('--gid <gid>', 'their group', parseUserId)
    .allowExcessArguments(false)
    .exitOverride()
  for (const [flag, why] of Object.values(WITHOUT_EFFECT)) command.option(flag, `no effect: ${why}`)
  for (const [flag, why] of Object.values(REFUSED)) command.option(flag, `refused: ${why}`)
  return command
}

function refuseTwice(command: Command): void {
  for (const option of command.options) {
    let count = 0
    command.on(`option:${option.name()}`, () => {
      count += 1
      if (count > 1) throw new UsageError(`--${option.name()} comes more than once`)
    })
  }
}

function isGiven(command: Command, name: string): boolean {
  return command.getOptionValueSource(name) === 'cli'
}

/** QEMU never runs as root, and only root can run it as somebody else. */
function checkIdentity({ uid, gid }: Parsed, ownUid: number | undefined): Identity | undefined {
  if ((uid === undefined) !== (gid === undefined)) {
    throw new UsageError('--uid and --gid go together')
  }
  if (uid !== undefined && gid !== undefined) return { uid, gid }
  if (ownUid !== 0) return undefined
  throw new UsageError('root must give --uid and --gid: QEMU does not run as root')
}

function parseId(text: string): string {
  if (ID.test(text)) return text
  throw new InvalidArgumentError('an id has 1 to 64 letters, digits and hyphens')
}

function parseLevel(text: string): LogLevel {
  const name = text.toLowerCase() === 'warning' ? 'warn' : text.toLowerCase()
  const level = LOG_LEVELS.find((known) => known.toLowerCase() === name)
  if (level !== undefined) return level
  throw new InvalidArgumentError(`one of ${LOG_LEVELS.join(', ')}`)
}

function parseNumber(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('a number')
}

function parseUserId(text: string): number {
  const id = parseNumber(text)
  if (id >= 1 && id <= USER_ID_MAX) return id
  throw new InvalidArgumentError(`a number from 1 (not root) to ${USER_ID_MAX}`)
}
