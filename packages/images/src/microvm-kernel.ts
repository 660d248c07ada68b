import { access, mkdir, readFile, writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import type { Artefact, BuildContext } from './artefact.ts'
import { BuildToolMissingError, KernelFormatError } from './errors.ts'
import { runMmdebstrap } from './mmdebstrap.ts'
import { microvmKernelFragment, microvmKernelRecipe } from './recipes/microvm-kernel.ts'
import { findProgram, runProgram } from './run-program.ts'

const DOWNLOAD_DEADLINE_MS = 15 * 60_000
const UNPACK_DEADLINE_MS = 10 * 60_000
const COMPILE_DEADLINE_MS = 2 * 3_600_000
const PACKAGE_BYTES = 400 * 1024 ** 2
const NEEDED_BYTES = 4 * 1024 ** 3

/** Program → Debian package. */
const TOOLS = { make: 'make', gcc: 'gcc', flex: 'flex', bison: 'bison', bc: 'bc', tar: 'tar' }
/** What Linux's objtool, a program of its own build, is compiled with. */
const LIBELF_HEADER = '/usr/include/libelf.h'

/** The kernel of our own configuration. It has no modules, and says so as an initrd expects it. */
export const microvmKernelArtefact: Artefact = {
  name: 'microvm-kernel',
  kind: 'kernel',
  recipe: microvmKernelRecipe,
  neededBytes: NEEDED_BYTES,
  links: { 'microvm/vmlinux': 'vmlinux' },
  async build({ output, work }, context) {
    await requireTools()
    await unpackSource(work, context)
    context.report('configuring')
    await configure(work, context)
    context.report('compiling, which takes some minutes')
    await make(work, ['--silent', `--jobs=${availableParallelism()}`, 'vmlinux'], context)
    await runProgram({
      program: 'strip',
      aptPackage: 'binutils',
      args: ['-o', join(output, 'vmlinux'), join(work, 'vmlinux')],
      deadlineMs: UNPACK_DEADLINE_MS,
      signal: context.signal,
    })
    await mkdir(join(output, 'modules'))
    for (const order of ['order', 'order-network']) {
      await writeFile(join(output, 'modules', order), '')
    }
    const version = await readFile(join(work, 'include/config/kernel.release'), 'utf8')
    return { kernel: version.trim() }
  },
}

/** The lines of a fragment that a configuration does not have: renamed, or in want of something. */
export function missingOptions(fragment: string, config: string): string[] {
  const has = new Set(config.split('\n'))
  return fragment.split('\n').filter((line) => line.startsWith('CONFIG_') && !has.has(line))
}

async function requireTools(): Promise<void> {
  for (const [program, aptPackage] of Object.entries(TOOLS)) await findProgram(program, aptPackage)
  await access(LIBELF_HEADER).catch((cause: unknown) => {
    throw new BuildToolMissingError(LIBELF_HEADER, 'libelf-dev', { cause })
  })
}

async function unpackSource(directory: string, context: BuildContext): Promise<void> {
  const { suite, package: name } = microvmKernelRecipe
  const archive = `${name}.tar.xz`
  await runMmdebstrap({
    suite,
    variant: 'extract',
    packages: [name],
    hooks: [`--extract-hook=copy-out /usr/src/${archive} .`],
    directory,
    neededBytes: PACKAGE_BYTES,
    deadlineMs: DOWNLOAD_DEADLINE_MS,
    ...context,
  })
  context.report('unpacking the source')
  await runProgram({
    program: 'tar',
    aptPackage: 'tar',
    args: ['--extract', '--xz', '--strip-components=1', '--file', archive],
    cwd: directory,
    deadlineMs: UNPACK_DEADLINE_MS,
    signal: context.signal,
  })
}

/** Throws `kernel_format` where something that a microVM needs did not become part of it. */
async function configure(directory: string, context: BuildContext): Promise<void> {
  const path = join(directory, 'microvm.config')
  const fragment = microvmKernelFragment()
  await writeFile(path, fragment)
  await make(directory, ['--silent', `KCONFIG_ALLCONFIG=${path}`, 'allnoconfig'], context)
  const missing = missingOptions(fragment, await readFile(join(directory, '.config'), 'utf8'))
  if (missing.length > 0) {
    throw new KernelFormatError(`its source does not give ${missing.join(', ')}`)
  }
}

function make(directory: string, args: readonly string[], { signal }: BuildContext): Promise<void> {
  return runProgram({
    program: 'make',
    aptPackage: 'make',
    args: ['ARCH=x86_64', ...args],
    cwd: directory,
    env: {
      // Those of a make that we were started by are none of its.
      ...{ MAKEFLAGS: '', MAKELEVEL: '' },
      // The same source gives the same kernel, whoever builds it, and when.
      ...{ KBUILD_BUILD_USER: 'vulcan', KBUILD_BUILD_HOST: 'vulcan' },
      KBUILD_BUILD_TIMESTAMP: '2026-01-01',
    },
    deadlineMs: COMPILE_DEADLINE_MS,
    signal,
  })
}
