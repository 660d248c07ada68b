import { printable } from './terminal.ts'

/** Lines of columns, each as wide as its widest cell. What guests have a say in is made harmless. */
export function formatTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const lines = [header, ...rows].map((row) =>
    row.map((cell) => printable(cell).replace(/\s+/g, ' ')),
  )
  const widths = header.map((_, at) => Math.max(...lines.map((row) => row[at]?.length ?? 0)))
  return lines
    .map((row) =>
      row
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join('')
}
