import { FIRECRACKER_VARIABLES } from '@vulcan/backend-firecracker'
import { PLACE_VARIABLES, SERVE_VARIABLES } from '@vulcan/host'
import type { Variable } from '@vulcan/schema'
import { commandHelp } from './command-help.ts'
import { endpointsTable, fieldsTable, parametersTable, problemsTable } from './http-tables.ts'
import { table } from './markdown-table.ts'

/** A document of which a part, or the whole, is made from code. */
export interface MadeDocument {
  /** In the repository. */
  readonly path: string
  /** What stands between `<!-- made: name -->` and `<!-- end -->`, by name. */
  readonly parts: Readonly<Record<string, () => string>>
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
  {
    path: 'docs/http-api.md',
    parts: {
      endpoints: endpointsTable,
      parameters: parametersTable,
      body: () => fieldsTable('WorkloadBodyInput'),
      workload: () => fieldsTable('Workload'),
      problems: problemsTable,
    },
  },
  { path: 'docs/command-line.md', parts: { commands: commandHelp } },
]

/** The document with its made parts as they should be. Throws for a part that has no place in it. */
export function remade(text: string, { path, parts }: MadeDocument): string {
  return Object.entries(parts).reduce((document, [name, make]) => {
    const place = new RegExp(`(<!-- made: ${name} -->\\n)[^]*?(\\n?<!-- end -->)`)
    if (!place.test(document)) throw new Error(`${path} has no part "${name}"`)
    return document.replace(place, (_, begin) => `${begin}${make()}\n<!-- end -->`)
  }, text)
}
