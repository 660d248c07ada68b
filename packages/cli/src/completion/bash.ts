import { type CommandNode, keyOf } from './command-tree.ts'

/** The words before the cursor lead to a command; its words, or an option's choices, are offered. */
export function bashCompletion(nodes: readonly CommandNode[]): string {
  return `# bash completion for vulcan: source <(vulcan completion bash)
_vulcan() {
  local current=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD - 1]}
  local path='' words='' word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$path $word" in
${pathCases(nodes)}    esac
  done
  case "$path $before" in
${choiceCases(nodes)}    *)
      case "$path" in
${wordCases(nodes)}      esac ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}
# Where nothing is offered, the names of files are.
complete -o default -F _vulcan vulcan
`
}

function pathCases(nodes: readonly CommandNode[]): string {
  return nodes
    .filter(({ path }) => path.length > 0)
    .map(({ path }) => `      '${keyOf(path)}') path='${keyOf(path)}' ;;\n`)
    .join('')
}

function choiceCases(nodes: readonly CommandNode[]): string {
  return nodes
    .flatMap(({ path, valued }) =>
      valued.map(({ flags, choices }) => {
        const patterns = flags.map((flag) => `'${keyOf([...path, flag])}'`).join(' | ')
        return `    ${patterns}) words='${choices.join(' ')}' ;;\n`
      }),
    )
    .join('')
}

function wordCases(nodes: readonly CommandNode[]): string {
  return nodes
    .map(({ path, words: own, options }) => {
      const words = [...own, ...options].map(({ word }) => word).join(' ')
      return `        '${keyOf(path)}') words='${words}' ;;\n`
    })
    .join('')
}
