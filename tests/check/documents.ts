import { FIRECRACKER_VARIABLES } from '@vulcan/backend-firecracker'
import { PLACE_VARIABLES, SERVE_VARIABLES } from '@vulcan/host'
import type { Variable } from '@vulcan/schema'

/** A document of which a part, or the whole, is made from code. */
export interface MadeDocument {
  /** In the repository. */
  readonly path: string
  /** What stands between `<!-- made: name -->` and `<!-- end -->`, by name. */
  readonly parts: Readonly<Record<string, () => string>>
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n')
}

function variables(known: Readonly<Record<string, Variable>>): string {
  const rows = Object.values(known).map(({ name, takes, about, otherwise }) => [
    `\`${name}\``,
    about,
    takes,
    otherwise,
  ])
  return table(['variable', 'what', 'takes', 'default'], rows)
}

export const MADE_DOCUMENTS: readonly MadeDocument[] = [
  {
    path: 'docs/configuration.md',
    parts: {
      places: () => variables(PLACE_VARIABLES),
      firecracker: () => variables(FIRECRACKER_VARIABLES),
      serve: () => variables(SERVE_VARIABLES),
    },
  },
]

/** The document with its made parts as they should be. Throws for a part that has no place in it. */
export function remade(text: string, { path, parts }: MadeDocument): string {
  return Object.entries(parts).reduce((document, [name, make]) => {
    const place = new RegExp(`(<!-- made: ${name} -->\\n)[^]*?(\\n?<!-- end -->)`)
    if (!place.test(document)) throw new Error(`${path} has no part "${name}"`)
    return document.replace(place, (_, begin) => `${begin}${make()}\n<!-- end -->`)
  }, text)
}
