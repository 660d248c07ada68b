import { accessSync, constants, readFileSync } from 'node:fs'
import { basename, resolve } from 'node:path'

const TARGETS = ['test-nested', 'bench-nested'] as const

/** What `make test-nested` or `make bench-nested` was given. */
export interface NestedArguments {
  readonly target: (typeof TARGETS)[number]
  /** Absolute paths of programs. */
  readonly firecracker: string
  readonly jailer: string
  /** Of tests: parts of the paths of the files to run, with commas. Of the benchmark: its options. */
  readonly options: readonly string[]
}

/** Something is missing or wrong; the message says how to call it. */
export class UsageError extends Error {}

const RELEASE = resolve(import.meta.dirname, '../../setup/firecracker-release.json')

/** Reads the target of make, FIRECRACKER, JAILER and options, in this order. Throws `UsageError`. */
export function parseArguments(given: readonly string[]): NestedArguments {
  const [name, firecracker, jailer, ...options] = given
  const target = TARGETS.find((known) => known === name)
  if (target === undefined)
    throw new UsageError(`give ${TARGETS.join(' or ')}, and what it takes\n`)
  const program = (name: string, path: string | undefined) => programAt(target, name, path)
  return {
    target,
    firecracker: program('FIRECRACKER', firecracker),
    jailer: program('JAILER', jailer),
    options,
  }
}

function programAt(target: string, name: string, given = ''): string {
  if (given === '') throw new UsageError(usage(target, `${name} is not given`))
  const path = resolve(given)
  try {
    accessSync(path, constants.X_OK)
  } catch {
    throw new UsageError(usage(target, `${name} is ${path}, which is no program`))
  }
  return path
}

function usage(target: string, problem: string): string {
  const release: { version: string; url: string; sha256: string } = JSON.parse(
    readFileSync(RELEASE, 'utf8'),
  )
  const { version, url, sha256 } = release
  const inside = (name: string) => `release-v${version}-x86_64/${name}-v${version}-x86_64`
  return `${target}: ${problem}

On real Firecracker, nested in an emulated host where KVM boots no guest, these run tests and measure:

  make test-nested FIRECRACKER=path JAILER=path [ONLY=parts of test files' paths]
  make bench-nested FIRECRACKER=path JAILER=path [BENCH=options of the benchmark]

Both programs are in Firecracker's official release ${version}:

  curl --fail --location --remote-name ${url}
  echo '${sha256}  ${basename(url)}' | sha256sum --check
  tar -xzf ${basename(url)}
  make ${target} FIRECRACKER=${inside('firecracker')} \\
       JAILER=${inside('jailer')}
`
}
