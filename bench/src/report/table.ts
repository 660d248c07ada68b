/** Rows of text under a header. */
export interface Table {
  readonly title: string
  readonly header: readonly string[]
  readonly rows: readonly (readonly string[])[]
  /** What there is to say below it. */
  readonly notes?: readonly string[]
}

/** In columns, for a terminal. */
export function asText({ title, header, rows, notes = [] }: Table): string {
  const widths = header.map((name, at) =>
    Math.max(...[name, ...rows.map((row) => row[at] ?? '')].map((cell) => [...cell].length)),
  )
  const line = (row: readonly string[]) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd()
  const rule = widths.map((width) => '─'.repeat(width)).join('  ')
  return [title, line(header), rule, ...rows.map(line), ...notes].join('\n')
}

/** For a document. */
export function asMarkdown({ header, rows, notes = [] }: Table): string {
  const line = (row: readonly string[]) =>
    `| ${header.map((_, at) => escaped(row[at] ?? '')).join(' | ')} |`
  const table = [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n')
  return [
    table,
    ...(notes.length > 0 ? [''] : []),
    ...notes.map((note) => `- ${escaped(note)}`),
  ].join('\n')
}

function escaped(cell: string): string {
  return cell.replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll(/\s+/g, ' ')
}
