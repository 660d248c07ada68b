import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

// Prints `[["vulcan", help], ["vulcan run", help], …]`. A program of its own, whose standard output
// commander writes on, and one for all commands, since loading them takes the time.

const main: (argv: readonly string[]) => Promise<number> = (
  await import(pathToFileURL(resolve(import.meta.dirname, '../../packages/cli/src/main.ts')).href)
).main

async function helpOf(path: readonly string[]): Promise<string> {
  const { stdout } = process
  const write = stdout.write
  let text = ''
  stdout.write = (chunk: string | Uint8Array) => {
    text += chunk
    return true
  }
  try {
    await main([...path, '--help'])
  } finally {
    stdout.write = write
  }
  return text
}

/** Each line of the list that commander prints begins with a name; what is further in is about one. */
function commandsIn(help: string): string[] {
  const list = /^Commands:\n((?:^ .*\n?)+)/m.exec(help)?.[1] ?? ''
  const names = [...list.matchAll(/^ {2}(\w+)/gm)].map(([, name = '']) => name)
  return names.filter((name) => name !== 'help')
}

async function helpBelow(path: readonly string[]): Promise<[string, string][]> {
  const help = await helpOf(path)
  const below: [string, string][] = []
  for (const name of commandsIn(help)) below.push(...(await helpBelow([...path, name])))
  return [[['vulcan', ...path].join(' '), help], ...below]
}

const commands = await helpBelow([])
process.stdout.write(JSON.stringify(commands))
