import { constants } from 'node:os'
import { messageOf } from '@vulcan/schema'
import { exitCodeOf, isCommanderError, parseCommandLine, type VmmOptions } from './command-line.ts'
import { UsageError } from './errors.ts'
import { Log } from './log.ts'
import { runVmm } from './run-vmm.ts'

const STOP_SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const

/** Returns the exit code: 0 when the guest ended the machine, 1 for failures, Firecracker's for a wrong command line, 128+N for a signal. */
async function main(): Promise<number> {
  // Sockets and files are for their owner.
  process.umask(0o077)
  let options: VmmOptions
  try {
    options = parseCommandLine(process.argv.slice(2))
  } catch (error) {
    if (isCommanderError(error)) return exitCodeOf(error)
    if (!(error instanceof UsageError)) throw error
    process.stderr.write(`error: ${error.message}\n`)
    return exitCodeOf(error)
  }
  using log = new Log(options.id, options.level)
  const stop = new AbortController()
  let exitCode = 0
  for (const signal of STOP_SIGNALS) {
    process.on(signal, () => {
      exitCode = 128 + constants.signals[signal]
      stop.abort()
    })
  }
  try {
    log.configure({ path: options.logPath })
    for (const notice of options.notices) log.warn(notice)
    const end = await runVmm(options, process.env, log, stop.signal)
    if (end === undefined) log.info('ended by a signal')
    else if (end.by === 'guest') log.info(`the guest ended the machine: ${end.reason}`)
    else throw end.error
  } catch (error) {
    log.error(messageOf(error))
    exitCode ||= 1
  }
  return exitCode
}

process.exitCode = await main()
