import { writeThrough } from '../terminal.ts'

/** One line of a command's result, at the pace of whoever reads it. */
export function printLine(line: string): Promise<void> {
  return writeThrough(process.stdout, Buffer.from(`${line}\n`))
}

/** One document, for people's eyes, too. */
export function printDocument(document: unknown): Promise<void> {
  return printLine(JSON.stringify(document, null, 2))
}
