import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Artefact, BuildContext } from './artefact.ts'
import { extractVmlinux } from './bzimage.ts'
import { KernelFormatError } from './errors.ts'
import {
  normalizeModuleName,
  readModuleDependencies,
  resolveLoadOrder,
  stripModuleSignature,
} from './kernel-modules.ts'
import { runMmdebstrap } from './mmdebstrap.ts'
import { kernelRecipe } from './recipes/kernel.ts'
import { runProgram } from './run-program.ts'

const DOWNLOAD_DEADLINE_MS = 15 * 60_000
const DECOMPRESS_DEADLINE_MS = 60_000
const NEEDED_BYTES = 600 * 1024 * 1024

/** The ELF kernel, and decompressed the modules for the initrd with the orders to load them in. */
export const kernelArtefact: Artefact = {
  name: 'kernel',
  kind: 'kernel',
  recipe: kernelRecipe,
  neededBytes: NEEDED_BYTES,
  links: { vmlinux: 'vmlinux' },
  async build({ output, work }, context) {
    await unpackKernelPackage(work, context)
    const version = await findVersion(work)
    context.report('extracting vmlinux and modules')
    const bzImage = await readFile(join(work, 'boot', `vmlinuz-${version}`))
    await writeFile(join(output, 'vmlinux'), extractVmlinux(bzImage))
    await copyModules(join(work, 'modules', version), join(output, 'modules'), context)
    return { kernel: version }
  },
}

function unpackKernelPackage(directory: string, context: BuildContext): Promise<void> {
  return runMmdebstrap({
    suite: kernelRecipe.suite,
    variant: 'extract',
    packages: [kernelRecipe.package],
    hooks: ['--extract-hook=copy-out /boot /usr/lib/modules .'],
    directory,
    neededBytes: NEEDED_BYTES,
    deadlineMs: DOWNLOAD_DEADLINE_MS,
    ...context,
  })
}

async function findVersion(work: string): Promise<string> {
  const versions = await readdir(join(work, 'modules'))
  const [version] = versions
  if (version === undefined || versions.length > 1) {
    throw new KernelFormatError(
      `its package holds ${versions.length} kernels where one is expected`,
    )
  }
  return version
}

async function copyModules(source: string, output: string, context: BuildContext): Promise<void> {
  const compressed = await findCompressedModules(source)
  const modules = new Map<string, Buffer>()
  const dependenciesOf = async (name: string): Promise<string[]> => {
    const path = compressed.get(name)
    if (path === undefined) throw new KernelFormatError(`it has no module ${name}`)
    const module =
      modules.get(name) ?? stripModuleSignature(name, await decompress(path, context.signal))
    modules.set(name, module)
    return readModuleDependencies(name, module)
  }
  const always = await resolveLoadOrder(kernelRecipe.modules, dependenciesOf)
  const network = await resolveLoadOrder(kernelRecipe.networkModules, dependenciesOf)
  await mkdir(output)
  for (const [name, module] of modules) await writeFile(join(output, `${name}.ko`), module)
  const list = (names: readonly string[]) => names.map((name) => `${name}.ko\n`).join('')
  await writeFile(join(output, 'order'), list(always))
  await writeFile(
    join(output, 'order-network'),
    list(network.filter((name) => !always.includes(name))),
  )
}

/** Module name → `.ko.xz` file. */
async function findCompressedModules(directory: string): Promise<Map<string, string>> {
  const files = await readdir(directory, { recursive: true })
  return new Map(
    files
      .filter((file) => file.endsWith('.ko.xz'))
      .map((file) => [normalizeModuleName(basename(file, '.ko.xz')), join(directory, file)]),
  )
}

async function decompress(path: string, signal: AbortSignal | undefined): Promise<Buffer> {
  await runProgram({
    program: 'xz',
    aptPackage: 'xz-utils',
    args: ['--decompress', path],
    deadlineMs: DECOMPRESS_DEADLINE_MS,
    signal,
  })
  return readFile(path.slice(0, -'.xz'.length))
}
