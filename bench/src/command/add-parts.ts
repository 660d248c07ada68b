import { join } from 'node:path'
import type { Command } from 'commander'
import { benchNetworkRun } from '../parts/network-run.ts'
import { benchNetworkSlot } from '../parts/network-slot.ts'
import { benchScratch } from '../parts/scratch.ts'
import { benchServer } from '../parts/server/server.ts'
import { benchVmmOverhead } from '../parts/vmm-overhead.ts'
import { benchVmmStart } from '../parts/vmm-start.ts'
import { HOME_DIR, LIBEXEC_DIR, RAW_DIR, ROOT } from '../places.ts'
import { runPart } from './run-part.ts'
import { wholeNumber } from './whole-number.ts'

interface Runs {
  readonly runs: number
}

interface ServerFlags {
  readonly url?: string
  readonly key?: string
  readonly pid?: number
  readonly rounds: number
  readonly stretchMs: number
  readonly pageRuns: number
  readonly directory: string
}

/** Sub-commands that measure one part each, with nothing else around it. */
export function addParts(program: Command): void {
  program
    .command('scratch')
    .description('scratch drives')
    .option('--runs <n>', 'rounds of ten drives', wholeNumber, 20)
    .action(({ runs }: Runs) => runPart((signal) => benchScratch(HOME_DIR, runs, signal)))
  program
    .command('network-slot')
    .description('network slots; in a network namespace of its own, as root')
    .option('--runs <n>', 'slots', wholeNumber, 20)
    .action(({ runs }: Runs) => runPart((signal) => benchNetworkSlot(runs, signal)))
  program
    .command('network-run')
    .description('workloads with a network against ones without; in a network namespace of its own')
    .option('--runs <n>', 'runs of each arm', wholeNumber, 10)
    .action(({ runs }: Runs) => runPart((signal) => benchNetworkRun(runs, signal)))
  program
    .command('vmm')
    .description('vulcan-vmm itself')
    .option('--runs <n>', 'starts', wholeNumber, 20)
    .action(({ runs }: Runs) => runPart((signal) => benchVmmOverhead(LIBEXEC_DIR, runs, signal)))
  addVmmStart(program)
  addServer(program)
}

function addVmmStart(program: Command): void {
  program
    .command('vmm-start')
    .description('the start of Firecracker against firecracker-go-sdk')
    .argument('<firecracker>', 'the path of a Firecracker')
    .option('--runs <n>', 'runs of each arm', wholeNumber, 30)
    .option('--kernel <file>', 'an ELF kernel', join(HOME_DIR, 'vmlinux'))
    .action((firecracker: string, { runs, kernel }: Runs & { kernel: string }) => {
      const files = {
        firecracker,
        kernel,
        drive: join(HOME_DIR, 'rootfs/python.ext4'),
        launch: join(LIBEXEC_DIR, 'vulcan-launch'),
        buildDir: RAW_DIR,
      }
      return runPart((signal) => benchVmmStart(files, runs, signal))
    })
}

function addServer(program: Command): void {
  program
    .command('server')
    .description('a host behind HTTP, whose VMs take no time')
    .option('--url <url>', 'another server that speaks the same API, to be measured beside our own')
    .option('--key <key>', 'its API key')
    .option('--pid <pid>', 'its process, when it runs here: for its CPU and memory', wholeNumber)
    .option('--rounds <n>', 'stretches of each arm', wholeNumber, 6)
    .option('--stretch-ms <n>', 'how long each of them lasts', wholeNumber, 3000)
    .option('--page-runs <n>', 'pages of each kind', wholeNumber, 500)
    .option('--directory <path>', 'where the databases are', join(ROOT, 'dist'))
    .action(({ url, key, pid, ...how }: ServerFlags) => {
      const other = url === undefined ? undefined : { name: url, url, key, pid }
      return runPart((signal) => benchServer({ ...how, other, signal }))
    })
}
