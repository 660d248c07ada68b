import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'

const PRINT_HELP = resolve(import.meta.dirname, 'print-command-help.ts')

/** What each command says of itself, those with commands below them before these, under headings. */
export function commandHelp(): string {
  // As without a terminal and without settings of the caller's: 80 columns, no colours.
  const env = { PATH: process.env['PATH'] }
  const { status, stdout, stderr } = spawnSync(process.execPath, [PRINT_HELP], {
    encoding: 'utf8',
    env,
  })
  if (status !== 0) throw new Error(`the commands do not say what they do: ${stderr}`)
  const commands: [string, string][] = JSON.parse(stdout)
  return commands
    .map(([name, help]) => `### ${name}\n\n\`\`\`text\n${help.trimEnd()}\n\`\`\``)
    .join('\n\n')
}
