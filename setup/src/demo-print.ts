export function print(lines: string): void {
  process.stdout.write(`${lines}\n`)
}

export function indent(lines: string): string {
  return lines.replace(/^(?=.)/gm, '    ')
}
