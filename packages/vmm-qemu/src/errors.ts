import { VulcanError } from '@vulcan/schema'

/** A command line that cannot be honoured. */
export class UsageError extends VulcanError<'usage'> {
  constructor(message: string) {
    super('usage', message)
  }
}

/** A program that vulcan-vmm needs is not there. */
export class ProgramMissingError extends VulcanError<'program_missing'> {
  readonly program: string

  constructor(program: string, advice: string) {
    super('program_missing', `${program} is missing: ${advice}`)
    this.program = program
  }
}

/** The runtime directory cannot be trusted or made. */
export class RunDirError extends VulcanError<'run_dir_unusable'> {
  readonly path: string

  constructor(path: string, why: string, options?: ErrorOptions) {
    super('run_dir_unusable', `cannot use the runtime directory ${path}: ${why}`, options)
    this.path = path
  }
}

/** QEMU or vhost-device-vsock has ended; `stderrTail` is the last that it said. */
export class ProgramEndedError extends VulcanError<'program_ended'> {
  readonly program: string
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  readonly stderrTail: string

  constructor(
    program: string,
    exit: { exitCode: number | null; signal: NodeJS.Signals | null; stderrTail: string },
  ) {
    const { exitCode, signal, stderrTail } = exit
    const how = signal === null ? `code ${exitCode}` : signal
    const words = stderrTail.trim() === '' ? 'it said nothing' : stderrTail.trim()
    super('program_ended', `${program} ended (${how}): ${words}`)
    this.program = program
    this.exitCode = exitCode
    this.signal = signal
    this.stderrTail = stderrTail
  }
}

/** QEMU's monitor closed, broke its protocol, or refused a command. */
export class MonitorError extends VulcanError<'monitor'> {
  constructor(message: string, options?: ErrorOptions) {
    super('monitor', `QEMU's monitor ${message}`, options)
  }
}

/** Something did not happen in time. */
export class DeadlineError extends VulcanError<'deadline'> {
  constructor(what: string, deadlineMs: number) {
    super('deadline', `${what} took more than ${deadlineMs} ms`)
  }
}
