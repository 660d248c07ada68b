import { type Candidate, type CommandNode, keyOf } from './command-tree.ts'

/** As for bash, with what each word does. */
export function zshCompletion(nodes: readonly CommandNode[]): string {
  return `#compdef vulcan
# zsh completion for vulcan: source <(vulcan completion zsh)
_vulcan() {
  local at='' word
  local -a candidates
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "$at $word" in
${nodes
  .filter(({ path }) => path.length > 0)
  .map(pathCase)
  .join('')}    esac
  done
  case "$at $words[CURRENT-1]" in
${nodes.flatMap(choiceCases).join('')}    *)
      case "$at" in
${nodes.map(wordCase).join('')}      esac ;;
  esac
  # Where nothing is offered, the names of files are.
  _describe vulcan candidates || _files
}
compdef _vulcan vulcan
`
}

function pathCase({ path }: CommandNode): string {
  return `      '${keyOf(path)}') at='${keyOf(path)}' ;;\n`
}

function choiceCases({ path, valued }: CommandNode): string[] {
  return valued.map(({ flags, choices }) => {
    const patterns = flags.map((flag) => `'${keyOf([...path, flag])}'`).join(' | ')
    return `    ${patterns}) candidates=(${choices.join(' ')}) ;;\n`
  })
}

function wordCase({ path, words, options }: CommandNode): string {
  const candidates = [...words, ...options].map(described).join(' ')
  return `        '${keyOf(path)}') candidates=(${candidates}) ;;\n`
}

function described({ word, description }: Candidate): string {
  return `'${word}:${description.replaceAll(':', '\\:').replaceAll("'", "'\\''")}'`
}
