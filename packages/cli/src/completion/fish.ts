import { type CommandNode, keyOf, type Valued } from './command-tree.ts'

/** One line for each word, with the command that it belongs to. */
export function fishCompletion(nodes: readonly CommandNode[]): string {
  return `# fish completion for vulcan: vulcan completion fish | source
function __vulcan_at
  set -l at ''
  for word in (commandline -opc)[2..]
    switch "$at $word"
      case ${nodes.flatMap(({ path }) => (path.length > 0 ? [`'${keyOf(path)}'`] : [])).join(' ')}
        set at "$at $word"
    end
  end
  test "$at" = "$argv[1]"
end
${nodes.flatMap(linesOf).join('\n')}
`
}

function linesOf({ path, words, options, valued }: CommandNode): string[] {
  const where = `complete -c vulcan -n '__vulcan_at "${keyOf(path)}"'`
  return [
    ...words.map(({ word, description }) => `${where} -f -a ${word} -d ${quoted(description)}`),
    ...options.map(({ word, description }) => {
      const spelling = word.startsWith('--') ? `-l ${word.slice(2)}` : `-s ${word.slice(1)}`
      const value = takes(valued.find(({ flags }) => flags.includes(word)))
      return `${where} ${spelling} -d ${quoted(description)}${value}`
    }),
  ]
}

function takes(valued: Valued | undefined): string {
  if (valued === undefined) return ''
  return valued.choices.length === 0 ? ' -r' : ` -x -a '${valued.choices.join(' ')}'`
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}
