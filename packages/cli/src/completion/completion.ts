import { Argument, type Command } from 'commander'
import { bashCompletion } from './bash.ts'
import { commandNodes } from './command-tree.ts'
import { fishCompletion } from './fish.ts'
import { zshCompletion } from './zsh.ts'

const SHELLS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion }

/** Declares `vulcan completion`, of the commands that the program has by then and later. */
export function addCompletionCommand(program: Command): void {
  program
    .command('completion')
    .description('print what makes a shell complete the words of vulcan')
    .addArgument(new Argument('<shell>', 'yours').choices(Object.keys(SHELLS)))
    .action((shell: keyof typeof SHELLS) => {
      process.stdout.write(SHELLS[shell](commandNodes(program)))
    })
}
