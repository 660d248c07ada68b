import type { Command } from 'commander'
import { runCommand } from './run.ts'
import type { RunFlags } from './run-request.ts'
import { StatusLine } from './status-line.ts'
import { Narrator } from './terminal.ts'

const collect = (value: string, earlier: readonly string[]) => [...earlier, value]

/** Declares `vulcan run`; `finish` gets the exit code of the command. */
export function addRunCommand(program: Command, finish: (exitCode: number) => void): void {
  program
    .command('run')
    .description('run one program in a microVM of its own')
    .argument(
      '[program...]',
      'FILE, DIRECTORY or ARCHIVE.tar.gz ("-": code on standard input), then its arguments',
    )
    .option('-c, --code <code>', 'the code itself, instead of FILE')
    .option('--runtime <name>', 'go, node or python (default: by the name of FILE)')
    .option(
      '--entrypoint <path>',
      'the file to run in DIRECTORY or ARCHIVE (default: main.py, index.js, main.go)',
    )
    .option('--timeout <duration>', 'end the program after this long', '30s')
    .option('--cpus <n>', 'virtual CPUs (default: 1)')
    .option('--memory <size>', 'memory in MiB, or with a unit: 1G (default: 512)')
    .option('--network <policy>', 'what the program can reach: none, public or all (default: none)')
    .option('-e, --env <name=value>', 'set an environment variable; may be repeated', collect, [])
    .option('--input <file>', 'what the program reads on its standard input; "-" is ours')
    .option('--output-limit <size>', 'cut each of stdout and stderr here', '16M')
    .option('-d, --detach', 'only print the id of the workload, which goes on on the server')
    .option('--json', 'one JSON document at the end instead of live output')
    .option('--trace', 'show at the end how long each step took, to the release of the VM')
    .option('-v, --verbose', "say what happens, and show an error's stack")
    .passThroughOptions()
    .action(async (operands: string[], flags: RunFlags & { verbose?: true }) => {
      const talkative = !flags.json && (flags.verbose === true || process.stderr.isTTY)
      using status = isWatched(flags) ? new StatusLine(process.stderr) : undefined
      finish(await runCommand(operands, flags, new Narrator(process.stderr, talkative, status)))
    })
}

/** A person looks on who did not ask for more. */
function isWatched({ json, verbose }: Pick<RunFlags, 'json'> & { verbose?: true }): boolean {
  return process.stderr.isTTY && !json && !verbose && process.env['TERM'] !== 'dumb'
}
