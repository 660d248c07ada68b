import { nestedFiles, partsOf } from './files.ts'

/** A program of the tree and its arguments, for Node.js. */
export type Command = readonly [program: string, ...args: string[]]

/** What is run on real Firecracker. */
export interface Task {
  /** On this machine, where its KVM boots a guest. */
  readonly direct: Command
  /** Elsewhere, each in a nested host of its own, one after the other. */
  readonly nested: readonly Command[]
}

/** The listed tests whose names contain `only`. Throws `NoSuchFileError`. */
export async function testTask(root: string, only: string): Promise<Task> {
  const program = 'tests/nested/run-files.ts'
  const parts = partsOf(await nestedFiles(root, only))
  return {
    direct: [program, only],
    nested: parts.map((names): Command => [program, names.join()]),
  }
}

/** The benchmark with options of `bench run`. */
export function benchTask(options: readonly string[]): Task {
  const command: Command = ['bench/src/main.ts', 'run', ...options]
  return { direct: command, nested: [command] }
}
