import { CursorError } from './errors.ts'

/** A cursor is the place of the last workload of a page in the order in which they were accepted. */
export function toCursor(place: number): string {
  return Buffer.from(String(place)).toString('base64url')
}

/** Throws `CursorError`. */
export function fromCursor(cursor: string): number {
  const text = Buffer.from(cursor, 'base64url').toString('latin1')
  if (!/^\d{1,15}$/.test(text)) throw new CursorError()
  return Number(text)
}
