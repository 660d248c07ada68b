import { accessSync, constants, readFileSync } from 'node:fs'
import { basename, resolve } from 'node:path'

/** What `make test-nested` was given. */
export interface NestedArguments {
  /** Absolute paths of programs. */
  readonly firecracker: string
  readonly jailer: string
  /** Parts of the paths of the test files to run, with commas; empty: all that are listed. */
  readonly only: string
}

/** Something is missing or wrong; the message says how to call it. */
export class UsageError extends Error {}

const RELEASE = resolve(import.meta.dirname, '../../setup/firecracker-release.json')

/** Reads FIRECRACKER, JAILER and ONLY, in this order. Throws `UsageError`. */
export function parseArguments([firecracker, jailer, only]: readonly string[]): NestedArguments {
  return {
    firecracker: program('FIRECRACKER', firecracker),
    jailer: program('JAILER', jailer),
    only: only ?? '',
  }
}

function program(name: string, given = ''): string {
  if (given === '') throw new UsageError(usage(`${name} is not given`))
  const path = resolve(given)
  try {
    accessSync(path, constants.X_OK)
  } catch {
    throw new UsageError(usage(`${name} is ${path}, which is no program`))
  }
  return path
}

function usage(problem: string): string {
  const release: { version: string; url: string; sha256: string } = JSON.parse(
    readFileSync(RELEASE, 'utf8'),
  )
  const { version, url, sha256 } = release
  const inside = (name: string) => `release-v${version}-x86_64/${name}-v${version}-x86_64`
  return `test-nested: ${problem}

It runs tests on real Firecracker, nested in an emulated host where KVM boots no guest:

  make test-nested FIRECRACKER=path JAILER=path [ONLY=parts of test files' paths]

Both programs are in Firecracker's official release ${version}:

  curl --fail --location --remote-name ${url}
  echo '${sha256}  ${basename(url)}' | sha256sum --check
  tar -xzf ${basename(url)}
  make test-nested FIRECRACKER=${inside('firecracker')} \\
                   JAILER=${inside('jailer')}
`
}
