import type { Command } from 'commander'

/** A word that can stand somewhere, and what it does. */
export interface Candidate {
  readonly word: string
  readonly description: string
}

/** An option that takes a value. */
export interface Valued {
  /** `--runtime`, `-c`. */
  readonly flags: readonly string[]
  /** Empty: anything, such as a file. */
  readonly choices: readonly string[]
}

/** What can follow a command, as far as the shell is told. */
export interface CommandNode {
  /** `vulcan` itself has none, and `vulcan images ls` two. */
  readonly path: readonly string[]
  /** Commands below it, and what its arguments can be. */
  readonly words: readonly Candidate[]
  readonly options: readonly Candidate[]
  readonly valued: readonly Valued[]
}

/** Every command of the program, its parents before it. */
export function commandNodes(command: Command, path: readonly string[] = []): CommandNode[] {
  const options = command.createHelp().visibleOptions(command)
  const commands = command.createHelp().visibleCommands(command)
  const flagsOf = ({ short, long }: { short?: string | undefined; long?: string | undefined }) => {
    return [short, long].filter((flag) => flag !== undefined)
  }
  const node: CommandNode = {
    path,
    words: [
      ...commands.map((known) => ({ word: known.name(), description: known.description() })),
      ...command.registeredArguments.flatMap(({ argChoices = [], description }) => {
        return argChoices.map((word) => ({ word, description }))
      }),
    ],
    options: options.flatMap((option) => {
      return flagsOf(option).map((word) => ({ word, description: option.description }))
    }),
    valued: options
      .filter((option) => option.required || option.optional)
      .map((option) => ({ flags: flagsOf(option), choices: option.argChoices ?? [] })),
  }
  const below = command.commands.flatMap((known) => commandNodes(known, [...path, known.name()]))
  return [node, ...below]
}

/** How a path is spelled in the scripts: each word after a space. */
export function keyOf(path: readonly string[]): string {
  return path.map((word) => ` ${word}`).join('')
}
