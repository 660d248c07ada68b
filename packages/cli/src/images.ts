import { buildHostImages, listHostImages } from '@vulcan/host'
import type { Command } from 'commander'
import { Interruption } from './interruption.ts'
import { formatMib } from './quantities.ts'
import { formatTable } from './table.ts'

const HASH_CHARACTERS = 12

type Image = Awaited<ReturnType<typeof listHostImages>>[number]

/** Declares `vulcan images` with its subcommands. */
export function addImagesCommand(program: Command): void {
  const images = program.command('images').description('kernel, initrd and root file systems')
  images
    .command('ls')
    .description('list what is in the store')
    .option('--json', 'one JSON document')
    .action(async (flags: { json?: true }) => show(await listHostImages(process.env), flags))
  images
    .command('build')
    .description('build what is missing')
    .argument('[names...]', 'only these')
    .option('--json', 'one JSON document at the end')
    .action(async (only: string[], flags: { json?: true }) => {
      using interruption = new Interruption()
      const built = await buildHostImages(process.env, {
        only,
        signal: interruption.signal,
        onProgress: ({ step, state, detail, elapsedMs }) => {
          process.stderr.write(`${step}: ${state} ${detail} (${(elapsedMs / 1000).toFixed(1)} s)\n`)
        },
      })
      show(built, flags)
    })
}

function show(images: readonly Image[], flags: { json?: true }): void {
  process.stdout.write(flags.json ? document(images) : table(images))
}

function document(images: readonly Image[]): string {
  const rows = images.map((image) => ({
    name: image.name,
    kind: image.kind,
    version: image.version,
    recipe_hash: image.recipeHash,
    size_bytes: image.sizeBytes,
    disk_bytes: image.diskBytes,
    created_at: image.createdAt,
    directory: image.directory,
  }))
  return `${JSON.stringify(rows, null, 2)}\n`
}

function table(images: readonly Image[]): string {
  const rows = images.map((image) => [
    image.name,
    image.version,
    image.recipeHash.slice(0, HASH_CHARACTERS),
    formatMib(image.sizeBytes),
    formatMib(image.diskBytes),
    image.createdAt,
  ])
  return formatTable(['NAME', 'VERSION', 'HASH', 'SIZE', 'ON DISK', 'CREATED'], rows)
}
