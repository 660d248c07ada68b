import { pruneHost } from '@vulcan/host'
import { messageOf } from '@vulcan/schema'
import type { Command } from 'commander'
import { formatMib } from './quantities.ts'
import { Narrator } from './terminal.ts'

const EXIT_INCOMPLETE = 1

/** Declares `vulcan prune`; `finish` gets 1 when something could not be released. */
export function addPruneCommand(program: Command, finish: (exitCode: number) => void): void {
  program
    .command('prune')
    .description('release what dead processes left, and remove older builds of images')
    .option('--json', 'one JSON document')
    .action(async (flags: { json?: true }) => {
      const narrator = new Narrator(process.stderr, true)
      const pruned = await pruneHost(process.env, (notice) => narrator.complain(notice))
      for (const failure of pruned.failures) {
        narrator.complain(messageOf(failure))
      }
      process.stdout.write(flags.json ? document(pruned) : words(pruned))
      if (pruned.failures.length > 0) finish(EXIT_INCOMPLETE)
    })
}

type Pruned = Awaited<ReturnType<typeof pruneHost>>

function words({ vms, images }: Pruned): string {
  const lines = [
    ...vms.map((id) => `released VM ${id}`),
    ...images.map(({ name, directory, diskBytes }) => {
      return `removed image ${name} (${directory}, ${formatMib(diskBytes)})`
    }),
  ]
  return lines.length === 0 ? 'nothing to prune\n' : lines.map((line) => `${line}\n`).join('')
}

function document({ vms, failures, images }: Pruned): string {
  const report = {
    released_vms: vms,
    failures: failures.map((failure) => messageOf(failure)),
    removed_images: images.map(({ name, directory, diskBytes }) => {
      return { name, directory, disk_bytes: diskBytes }
    }),
  }
  return `${JSON.stringify(report, null, 2)}\n`
}
