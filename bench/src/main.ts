import { execFileSync } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { Command } from 'commander'
import { benchColdRun } from './cold-run.ts'
import { benchNetworkRun } from './network-run.ts'
import { benchNetworkSlot } from './network-slot.ts'
import { benchScratch } from './scratch.ts'
import { benchServer } from './server.ts'
import { benchVmmOverhead } from './vmm-overhead.ts'
import { benchVmmStart } from './vmm-start.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const libexecDir = join(ROOT, 'dist/libexec')
const homeDir = process.env['VULCAN_HOME'] ?? '/var/lib/vulcan'

/** Raw figures are kept beside the table: a table forgets. */
async function keep(figures: object & { name?: string }): Promise<void> {
  const directory = join(ROOT, 'dist/bench')
  await mkdir(directory, { recursive: true })
  const path = join(directory, `${figures.name}-${new Date().toISOString()}.json`)
  await writeFile(path, JSON.stringify(figures, null, 2))
  console.log(`raw figures: ${path}`)
}

interface ServerFlags {
  readonly url?: string
  readonly key?: string
  readonly pid?: string
  readonly rounds: string
  readonly stretchMs: string
  readonly pageRuns: string
  readonly directory: string
}

const program = new Command('bench').description('one program, all figures')
program
  .command('scratch')
  .option('--runs <n>', 'rounds of ten drives', '20')
  .action(async ({ runs }: { runs: string }) => keep(await benchScratch(homeDir, Number(runs))))
program
  .command('network-slot')
  .option('--runs <n>', 'slots', '20')
  .action(async ({ runs }: { runs: string }) => keep(await benchNetworkSlot(Number(runs))))
program
  .command('vmm')
  .option('--runs <n>', 'starts', '20')
  .action(async ({ runs }: { runs: string }) =>
    keep(await benchVmmOverhead(libexecDir, Number(runs))),
  )
program
  .command('cold-run')
  .option('--runs <n>', 'runs of each arm', '10')
  .action(async ({ runs }: { runs: string }) => {
    const tscKhz = Number(
      execFileSync(join(libexecDir, 'vulcan-launch'), ['tsc'], { encoding: 'utf8' }),
    )
    const vhostDeviceVsock = join(libexecDir, 'vhost-device-vsock')
    const files = { homeDir, vhostDeviceVsock, tscKhz }
    await keep(await benchColdRun(join(ROOT, 'bin/vulcan'), files, Number(runs)))
  })
program
  .command('network-run')
  .option('--runs <n>', 'runs of each arm', '10')
  .action(async ({ runs }: { runs: string }) => keep(await benchNetworkRun(Number(runs))))
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
  .action(async (options: ServerFlags) => {
    const { url, key, pid, directory } = options
    const other =
      url === undefined
        ? undefined
        : { name: url, url, key, pid: pid === undefined ? undefined : Number(pid) }
    await keep(
      await benchServer({
        directory,
        other,
        rounds: Number(options.rounds),
        stretchMs: Number(options.stretchMs),
        pageRuns: Number(options.pageRuns),
      }),
    )
  })
program
  .command('vmm-start')
  .argument('<firecracker>', 'the path of a Firecracker')
  .option('--runs <n>', 'runs of each arm', '30')
  .option('--kernel <file>', 'an ELF kernel', join(homeDir, 'vmlinux'))
  .action(async (firecracker: string, { runs, kernel }: { runs: string; kernel: string }) => {
    const files = {
      firecracker,
      kernel,
      drive: join(homeDir, 'rootfs/python.ext4'),
      launch: join(libexecDir, 'vulcan-launch'),
      buildDir: join(ROOT, 'dist/bench'),
    }
    await keep(await benchVmmStart(files, Number(runs)))
  })
await program.parseAsync()
