import { join } from 'node:path'
import type { Command } from 'commander'
import { benchNetworkRun } from '../parts/network-run.ts'
import { benchNetworkSlot } from '../parts/network-slot.ts'
import { benchScratch } from '../parts/scratch.ts'
import { benchServer } from '../parts/server/server.ts'
import { benchVmmOverhead } from '../parts/vmm-overhead.ts'
import { benchVmmStart } from '../parts/vmm-start.ts'
import { HOME_DIR, LIBEXEC_DIR, RAW_DIR, ROOT } from '../places.ts'
import { keep } from './keep.ts'
import { untilInterrupted } from './until-interrupted.ts'

interface ServerFlags {
  readonly url?: string
  readonly key?: string
  readonly pid?: string
  readonly rounds: string
  readonly stretchMs: string
  readonly pageRuns: string
  readonly directory: string
}

/** Sub-commands that measure one part each, with nothing else around it. */
export function addParts(program: Command): void {
  program
    .command('scratch')
    .description('scratch drives')
    .option('--runs <n>', 'rounds of ten drives', '20')
    .action(async ({ runs }: { runs: string }) => keep(await benchScratch(HOME_DIR, Number(runs))))
  program
    .command('network-slot')
    .description('network slots; in a network namespace of its own, as root')
    .option('--runs <n>', 'slots', '20')
    .action(async ({ runs }: { runs: string }) => keep(await benchNetworkSlot(Number(runs))))
  program
    .command('network-run')
    .description('workloads with a network against ones without; in a network namespace of its own')
    .option('--runs <n>', 'runs of each arm', '10')
    .action(async ({ runs }: { runs: string }) => keep(await benchNetworkRun(Number(runs))))
  program
    .command('vmm')
    .description('vulcan-vmm itself')
    .option('--runs <n>', 'starts', '20')
    .action(async ({ runs }: { runs: string }) =>
      keep(await benchVmmOverhead(LIBEXEC_DIR, Number(runs), untilInterrupted())),
    )
  addVmmStart(program)
  addServer(program)
}

function addVmmStart(program: Command): void {
  program
    .command('vmm-start')
    .description('the start of Firecracker against firecracker-go-sdk')
    .argument('<firecracker>', 'the path of a Firecracker')
    .option('--runs <n>', 'runs of each arm', '30')
    .option('--kernel <file>', 'an ELF kernel', join(HOME_DIR, 'vmlinux'))
    .action(async (firecracker: string, { runs, kernel }: { runs: string; kernel: string }) => {
      const files = {
        firecracker,
        kernel,
        drive: join(HOME_DIR, 'rootfs/python.ext4'),
        launch: join(LIBEXEC_DIR, 'vulcan-launch'),
        buildDir: RAW_DIR,
      }
      await keep(await benchVmmStart(files, Number(runs)))
    })
}

function addServer(program: Command): void {
  program
    .command('server')
    .description('a host behind HTTP, whose VMs take no time')
    .option('--url <url>', 'another server that speaks the same API, to be measured beside our own')
    .option('--key <key>', 'its API key')
    .option('--pid <pid>', 'its process, when it runs here: for its CPU and memory')
    .option('--rounds <n>', 'stretches of each arm', '6')
    .option('--stretch-ms <n>', 'how long each of them lasts', '3000')
    .option('--page-runs <n>', 'pages of each kind', '500')
    .option('--directory <path>', 'where the databases are', join(ROOT, 'dist'))
    .action(async (flags: ServerFlags) => {
      const { url, key, pid, directory } = flags
      const other =
        url === undefined
          ? undefined
          : { name: url, url, key, pid: pid === undefined ? undefined : Number(pid) }
      await keep(
        await benchServer({
          directory,
          other,
          rounds: Number(flags.rounds),
          stretchMs: Number(flags.stretchMs),
          pageRuns: Number(flags.pageRuns),
        }),
      )
    })
}
