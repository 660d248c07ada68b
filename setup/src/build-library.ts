import { cp, glob, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { build } from 'esbuild'
import type { Library } from './libraries.ts'
import { cloneDir } from './places.ts'

type Run = (program: string, args: readonly string[]) => Promise<unknown>

/**
 * Makes `directory` what others install as `@vulcan/…`: JavaScript in which our own packages are
 * bundled, declarations, examples, README. Its only dependency is Zod.
 */
export async function buildLibrary(library: Library, directory: string, run: Run): Promise<void> {
  await rm(directory, { recursive: true, force: true })
  await mkdir(directory, { recursive: true })
  await bundle(library, directory)
  await declare(library, directory, run)
  for (const name of ['README.md', 'examples']) {
    await cp(join(packageOf(library), name), join(directory, name), { recursive: true })
  }
  await cp(join(cloneDir, 'LICENSE'), join(directory, 'LICENSE'))
  await writeFile(join(directory, 'package.json'), JSON.stringify(await manifest(library), null, 2))
}

function packageOf({ name }: Library): string {
  return join(cloneDir, 'packages', name)
}

async function bundle(library: Library, directory: string): Promise<void> {
  await build({
    absWorkingDir: packageOf(library),
    entryPoints: library.sources,
    outdir: directory,
    bundle: true,
    // What two entry points have in common is there once: `instanceof` works across them.
    splitting: true,
    external: ['zod'],
    format: 'esm',
    platform: library.platform,
    target: library.target,
    logLevel: 'silent',
  })
}

async function declare(library: Library, directory: string, run: Run): Promise<void> {
  const root = packageOf(library)
  const types = join(directory, 'types')
  const settings = join(directory, 'tsconfig.json')
  // Each of its own: what is reached by its package's name counts as declared elsewhere.
  const schema = await Array.fromAsync(glob('../schema/src/**/*.ts', { cwd: root }))
  const files = [...Object.values(library.sources), ...schema]
  const compilerOptions = {
    noEmit: false,
    declaration: true,
    emitDeclarationOnly: true,
    rootDir: join(cloneDir, 'packages'),
    outDir: types,
    typeRoots: [join(cloneDir, 'node_modules/@types')],
  }
  await writeFile(
    settings,
    JSON.stringify({
      extends: join(cloneDir, 'tsconfig.json'),
      compilerOptions,
      include: [],
      files: files.map((file) => join(root, file)),
    }),
  )
  await run(join(cloneDir, 'node_modules/.bin/tsc'), ['--project', settings])
  await rm(settings)
  for await (const name of glob('**/*.d.ts', { cwd: types })) {
    await linkDeclaration(types, join(types, name))
  }
}

/** Names the files that are there: declarations, and our own package beside this one. */
async function linkDeclaration(types: string, path: string): Promise<void> {
  const schema = relative(dirname(path), join(types, 'schema/src/index.js'))
  const text = await readFile(path, 'utf8')
  const linked = text
    .replaceAll(/(?<=['"])(\.[^'"]*)\.ts(?=['"])/g, '$1.js')
    .replaceAll(
      /(?<=['"])@vulcan\/schema(?=['"])/g,
      schema.startsWith('.') ? schema : `./${schema}`,
    )
  await writeFile(path, linked)
}

async function manifest(library: Library) {
  const { description, engines, sources } = library
  const own = JSON.parse(await readFile(join(packageOf(library), 'package.json'), 'utf8'))
  const exports = Object.entries(sources).map(([entry, source]) => {
    const types = `./types/${library.name}/${source.replace(/\.ts$/, '.d.ts')}`
    return [entry === 'index' ? '.' : `./${entry}`, { types, default: `./${entry}.js` }] as const
  })
  return {
    name: own.name,
    version: own.version,
    description,
    type: 'module',
    license: own.license,
    sideEffects: false,
    engines,
    ...(library.os === undefined ? {} : { os: library.os }),
    exports: Object.fromEntries(exports),
    dependencies: { zod: own.dependencies.zod },
  }
}
