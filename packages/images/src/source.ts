import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { BuildContext } from './artefact.ts'
import { runMmdebstrap } from './mmdebstrap.ts'
import { runProgram } from './run-program.ts'

/**
 * What an image takes from elsewhere than Debian. The package manager that it is made for fetches
 * it, on the host: it knows the user's mirror, proxy and certificates, and it compares what comes
 * with the hash that is pinned here, as its own lock file says it.
 */
export type Source =
  | {
      readonly manager: 'npm'
      readonly package: string
      readonly version: string
      /** As in `package-lock.json`. */
      readonly integrity: string
    }
  | {
      readonly manager: 'go'
      readonly package: string
      readonly version: string
      /** As in `go.sum`, for the module and for its go.mod. */
      readonly sum: string
      readonly goModSum: string
    }

const DOWNLOAD_DEADLINE_MS = 15 * 60_000
const DEBIAN_GO = {
  suite: 'trixie',
  package: 'golang-1.24-go',
  // The second one holds its defaults: where modules come from.
  files: ['/usr/lib/go-1.24/bin/go', '/usr/lib/go-1.24/go.env'],
}
const DEBIAN_GO_BYTES = 600 * 1024 * 1024

/**
 * Puts the files of a source into a new directory. `work`, new as well, is gone afterwards.
 *
 * Throws `build_tool_missing`, `build_program_failed` (a wrong hash among the reasons), `no_space`,
 * or the signal's reason.
 */
export async function fetchSource(
  source: Source,
  { directory, work }: { readonly directory: string; readonly work: string },
  context: BuildContext,
): Promise<void> {
  await mkdir(work)
  context.report(`fetching ${source.package} ${source.version}`)
  switch (source.manager) {
    case 'npm':
      await fetchFromNpm(source, directory, work, context)
      break
    case 'go':
      await fetchFromGo(source, directory, work, context)
      break
  }
  await rm(work, { recursive: true })
}

async function fetchFromNpm(
  source: Source & { manager: 'npm' },
  directory: string,
  work: string,
  context: BuildContext,
): Promise<void> {
  const { package: name, version, integrity } = source
  const manifest = { name: 'source', version: '0.0.0', dependencies: { [name]: version } }
  const lock = {
    name: manifest.name,
    version: manifest.version,
    lockfileVersion: 3,
    packages: { '': manifest, [`node_modules/${name}`]: { version, integrity } },
  }
  await writeFile(join(work, 'package.json'), JSON.stringify(manifest))
  await writeFile(join(work, 'package-lock.json'), JSON.stringify(lock))
  await runProgram({
    program: 'npm',
    aptPackage: 'npm',
    args: ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'],
    cwd: work,
    deadlineMs: DOWNLOAD_DEADLINE_MS,
    signal: context.signal,
  })
  await rename(join(work, 'node_modules', name), directory)
}

/**
 * Debian has a `go` that can fetch modules, unlike some hosts; it is static and runs anywhere. Of
 * its own toolchain nothing is used.
 */
async function fetchFromGo(
  source: Source & { manager: 'go' },
  directory: string,
  work: string,
  context: BuildContext,
): Promise<void> {
  await runMmdebstrap({
    suite: DEBIAN_GO.suite,
    variant: 'extract',
    packages: [DEBIAN_GO.package],
    hooks: [`--extract-hook=copy-out ${DEBIAN_GO.files.join(' ')} .`],
    directory: work,
    neededBytes: DEBIAN_GO_BYTES,
    deadlineMs: DOWNLOAD_DEADLINE_MS,
    ...context,
  })
  const { package: module, version, sum, goModSum } = source
  await writeFile(join(work, 'go.mod'), 'module source\n')
  await writeFile(
    join(work, 'go.sum'),
    `${module} ${version} ${sum}\n${module} ${version}/go.mod ${goModSum}\n`,
  )
  await runProgram({
    program: join(work, 'go'),
    aptPackage: DEBIAN_GO.package,
    args: ['mod', 'download', `${module}@${version}`],
    cwd: work,
    env: {
      GOROOT: work,
      GOPATH: join(work, 'path'),
      GOFLAGS: '-modcacherw',
      GOTOOLCHAIN: 'local',
      GOWORK: 'off',
      GO111MODULE: 'on',
    },
    deadlineMs: DOWNLOAD_DEADLINE_MS,
    signal: context.signal,
  })
  await rename(join(work, 'path/pkg/mod', `${module}@${version}`), directory)
}
