import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * A stand-in for `vulcan-launch` that writes the record and executes in place, nothing more: it
 * leaves its options in `launch-options`, so that a test can see what it was asked for.
 */
export function standInLaunch(directory: string): string {
  const path = join(directory, 'vulcan-launch')
  const script = `#!/bin/sh
options=
while [ "$1" != -- ]; do
  options="$options $1"
  [ "$1" = --record ] && printf '{"pid":%s}\\n' "$$" >"$2"
  shift
done
shift
printf '%s' "$options" >'${join(directory, 'launch-options')}'
exec "$@"
`
  writeFileSync(path, script, { mode: 0o755 })
  return path
}

/** A program of shell `lines`, to stand for a VMM. */
export function shellProgram(directory: string, lines: string): string {
  const path = join(directory, 'program')
  writeFileSync(path, `#!/bin/sh\n${lines}\n`, { mode: 0o755 })
  return path
}
