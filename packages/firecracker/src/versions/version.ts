/** Numbers that can be compared. */
export type Version = readonly [major: number, minor: number, patch: number]

/** Undefined where `text` does not begin with two or three numbers; what follows is ignored. */
export function parseVersion(text: string): Version | undefined {
  const match = /^v?(\d{1,9})\.(\d{1,9})(?:\.(\d{1,9}))?/.exec(text)
  if (match === null) return undefined
  return [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)]
}

/** Whether `version` is `first` or later. A text that is no version counts as the oldest one. */
export function isAtLeast(version: string, first: string): boolean {
  const left = parseVersion(version) ?? [0, 0, 0]
  const right = parseVersion(first) ?? [0, 0, 0]
  for (const [index, number] of left.entries()) {
    const other = right[index] ?? 0
    if (number !== other) return number > other
  }
  return true
}
