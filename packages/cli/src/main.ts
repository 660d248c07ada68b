import { withEnvFile } from '@vulcan/host'
import { messageOf } from '@vulcan/schema'
import { Command, CommanderError } from 'commander'
import { addCompletionCommand } from './completion/completion.ts'
import { addDoctorCommand, addNetworkCommand } from './doctor.ts'
import { addImagesCommand } from './images.ts'
import { addKeysCommand } from './keys.ts'
import { addPoolCommand } from './pool.ts'
import { addPruneCommand } from './prune.ts'
import { addPsCommand } from './ps.ts'
import { addRunCommand } from './run-options.ts'
import { addServeCommand } from './serve.ts'
import { addInspectCommand } from './server/inspect.ts'
import { addKillCommand } from './server/kill.ts'
import { addLogsCommand } from './server/logs.ts'
import { addLsCommand } from './server/ls.ts'
import { addStatsCommand } from './server/stats.ts'
import { addWaitCommand } from './server/wait.ts'
import { bearClosedOutput, Narrator } from './terminal.ts'
import { UsageError } from './usage-error.ts'

const EXIT_FAILURE = 1
const EXIT_USAGE = 2
/** Commands that pass programs' exit codes on have one for their own failures that programs avoid. */
const EXIT_RUN_FAILED = 125
const PASSING_ON = ['run', 'wait']

/** Commander's words as ours; it puts its suggestion on a line of its own. */
function inOneLine(text: string): string {
  return text.replace(/^error:/, 'vulcan:').replace(/\n(?=\()/, ' ')
}

/** Runs one command line and resolves with the exit code of the process. */
export async function main(argv: readonly string[]): Promise<number> {
  let exitCode = 0
  const finish = (code: number) => {
    exitCode = code
  }
  const program = new Command('vulcan')
    .description('runs code that nobody trusts, each program in a microVM of its own')
    .version('0.1.0')
    .option('--env-file <path>', 'variables to add (default: the file env in VULCAN_HOME)')
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(inOneLine(text)) })
  program.hook('preAction', async () => {
    const { envFile } = program.opts<{ envFile?: string }>()
    Object.assign(process.env, await withEnvFile(process.env, envFile))
  })
  addRunCommand(program, finish)
  addLsCommand(program, finish)
  addLogsCommand(program, finish)
  addInspectCommand(program, finish)
  addKillCommand(program, finish)
  addWaitCommand(program, finish)
  addStatsCommand(program, finish)
  addServeCommand(program)
  addImagesCommand(program)
  addPsCommand(program)
  addPoolCommand(program)
  addPruneCommand(program, finish)
  addKeysCommand(program)
  addNetworkCommand(program, finish)
  addDoctorCommand(program, finish)
  addCompletionCommand(program)
  try {
    await program.parseAsync(argv, { from: 'user' })
    return exitCode
  } catch (error) {
    return fail(error, program)
  }
}

/** What the command line named; a program's own arguments are none of our flags. */
function fail(error: unknown, program: Command): number {
  const command = program.commands.find((known) => program.args[0] === known.name())
  const passesOn = PASSING_ON.includes(command?.name() ?? '')
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return 0
    return passesOn ? EXIT_RUN_FAILED : EXIT_USAGE
  }
  const narrator = new Narrator(process.stderr, true)
  const words = messageOf(error)
  // A file name may hold a line feed; what another program said has lines.
  const [first = '', ...more] = error instanceof UsageError ? [words] : words.split('\n')
  narrator.complain(first)
  narrator.quote(more)
  if (command?.opts<{ verbose?: true }>().verbose) console.error(error)
  if (passesOn) return EXIT_RUN_FAILED
  return error instanceof UsageError ? EXIT_USAGE : EXIT_FAILURE
}

if (import.meta.main) {
  bearClosedOutput()
  process.exitCode = await main(process.argv.slice(2))
}
