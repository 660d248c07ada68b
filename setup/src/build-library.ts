import { cp, glob, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { build } from 'esbuild'
import { cloneDir } from './places.ts'

const PACKAGE = join(cloneDir, 'packages/firecracker')
const SOURCES = { index: 'src/index.ts', api: 'src/api.ts', testing: 'testing/index.ts' }

/**
 * Makes `directory` what others install as `@vulcan/firecracker`: JavaScript in which our own
 * packages are bundled, declarations, examples, README. Its only dependency is Zod.
 */
export async function buildLibrary(
  directory: string,
  run: (program: string, args: readonly string[]) => Promise<unknown>,
): Promise<void> {
  await rm(directory, { recursive: true, force: true })
  await mkdir(directory, { recursive: true })
  await bundle(directory)
  await declare(directory, run)
  for (const name of ['README.md', 'examples']) {
    await cp(join(PACKAGE, name), join(directory, name), { recursive: true })
  }
  await cp(join(cloneDir, 'LICENSE'), join(directory, 'LICENSE'))
  await writeFile(join(directory, 'package.json'), JSON.stringify(await manifest(), null, 2))
}

async function bundle(directory: string): Promise<void> {
  await build({
    absWorkingDir: PACKAGE,
    entryPoints: SOURCES,
    outdir: directory,
    bundle: true,
    // What two entry points have in common is there once: `instanceof` works across them.
    splitting: true,
    external: ['zod'],
    format: 'esm',
    platform: 'node',
    target: 'node26',
    logLevel: 'silent',
  })
}

async function declare(
  directory: string,
  run: (program: string, args: readonly string[]) => Promise<unknown>,
): Promise<void> {
  const types = join(directory, 'types')
  const settings = join(directory, 'tsconfig.json')
  // Each of its own: what is reached by its package's name counts as declared elsewhere.
  const schema = await Array.fromAsync(glob('../schema/src/**/*.ts', { cwd: PACKAGE }))
  const files = [...Object.values(SOURCES), ...schema]
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
      files: files.map((file) => join(PACKAGE, file)),
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

async function manifest() {
  const own = JSON.parse(await readFile(join(PACKAGE, 'package.json'), 'utf8'))
  return {
    name: own.name,
    version: own.version,
    description: 'Firecracker from TypeScript: the whole API, machines, vsock, snapshots, a fake',
    type: 'module',
    license: own.license,
    engines: { node: '>=26' },
    os: ['linux'],
    exports: {
      '.': { types: './types/firecracker/src/index.d.ts', default: './index.js' },
      './api': { types: './types/firecracker/src/api.d.ts', default: './api.js' },
      './testing': { types: './types/firecracker/testing/index.d.ts', default: './testing.js' },
    },
    dependencies: { zod: own.dependencies.zod },
  }
}
