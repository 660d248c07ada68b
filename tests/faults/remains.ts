import { execFile } from 'node:child_process'
import { readdir, readFile, readlink } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { promisify } from 'node:util'
import type { Layout } from '@vulcan/backend-firecracker'

/** How long processes that were killed may take to be gone. */
const END_DEADLINE_MS = 10_000

const KINDS = [
  ...['processes', 'namespaces', 'links', 'nft entries', 'connections', 'addresses'],
  ...['leases', 'cgroups', 'VMs', 'slots', 'owners', 'files'],
] as const
export type Kind = (typeof KINDS)[number]

/** What is there, by kind. */
export type Remains = ReadonlyMap<Kind, readonly string[]>

/**
 * Looks for everything that a host can leave, in this network and mount namespace and in the
 * directories of a layout. What was there at the beginning is not counted, and what is left counts
 * once.
 */
export class Census {
  #baseline: Remains

  private constructor(baseline: Remains) {
    this.#baseline = baseline
  }

  /** To be called when nothing runs and every kind of VM was there once. */
  static async open(layout: Layout): Promise<Census> {
    return new Census(await look(layout, new Set()))
  }

  /** What is too much, or missing; `known` are the pids of those who may live. */
  async count(layout: Layout, known: ReadonlySet<number>): Promise<Remains> {
    const found = await look(layout, known)
    const baseline = this.#baseline
    this.#baseline = found
    return new Map(
      KINDS.map((kind) => {
        const before = baseline.get(kind) ?? []
        const now = found.get(kind) ?? []
        const more = now.filter((thing) => !before.includes(thing))
        const missing = kind === 'nft entries' ? before.filter((thing) => !now.includes(thing)) : []
        return [kind, [...more, ...missing.map((thing) => `missing: ${thing}`)]]
      }),
    )
  }
}

async function look(layout: Layout, known: ReadonlySet<number>): Promise<Remains> {
  const { runDir, homeDir, leasesDir } = layout
  const lines = (text: string) => text.split('\n').filter((line) => line.trim() !== '')
  const run = await below(runDir)
  const under = (kind: string) => run.filter((path) => path.startsWith(`${kind}/`))
  const others = run.filter((path) => !/^(vms|slots|owners)(\/|$)/.test(path))
  const home = (await below(homeDir)).filter((path) => !path.startsWith('store/.building-'))
  return new Map<Kind, readonly string[]>([
    ['processes', await processes(known)],
    ['namespaces', await readdir('/run/netns')],
    [
      'links',
      lines(await output('ip', '-brief', 'link')).map((line) => line.split(/[ @]/)[0] ?? ''),
    ],
    ['nft entries', await rules()],
    ['connections', lines(await output('conntrack', '--dump'))],
    [
      'addresses',
      (await below('/run/vulcan-network')).filter(
        (path) => /\d$/.test(path) && !path.includes('last_'),
      ),
    ],
    ['leases', await leasesOf(leasesDir, runDir)],
    [
      'cgroups',
      (await below('/sys/fs/cgroup', 3)).filter((path) => path.includes(relative('/tmp', runDir))),
    ],
    ['VMs', under('vms')],
    ['slots', under('slots')],
    ['owners', under('owners')],
    ['files', [...others, ...home]],
  ])
}

/** Leases are the machine's; those of a run directory say so. */
async function leasesOf(leasesDir: string, runDir: string): Promise<string[]> {
  const paths = (await below(leasesDir)).filter((path) => /\d$/.test(path))
  const holders = await Promise.all(paths.map((path) => readlink(join(leasesDir, path))))
  return paths.filter((_, at) => holders[at]?.startsWith(`${runDir}/`))
}

/** Rules and elements without what changes by itself; each line with the ones that lead to it. */
async function rules(): Promise<string[]> {
  const text = await output('nft', '--stateless', 'list', 'ruleset')
  const path: string[] = []
  return text.split('\n').flatMap((line) => {
    const words = line.trim()
    if (words === '') return []
    if (words === '}') {
      path.pop()
      return []
    }
    if (words.endsWith('{')) path.push(words)
    return [[...path, words].join(' ')]
  })
}

/** All that share our mounts, but for those who may: killed ones are given time to be gone. */
async function processes(known: ReadonlySet<number>): Promise<string[]> {
  const deadline = AbortSignal.timeout(END_DEADLINE_MS)
  for (;;) {
    const found = await running(known)
    if (found.length === 0 || deadline.aborted) return found
  }
}

async function running(known: ReadonlySet<number>): Promise<string[]> {
  const ours = await readlink('/proc/self/ns/mnt')
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const lines = pids.map(async (pid) => {
    if (Number(pid) === process.pid || known.has(Number(pid))) return undefined
    const mounts = await readlink(`/proc/${pid}/ns/mnt`).catch(() => '')
    if (mounts !== ours) return undefined
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
    if (stat === '' || /\) [ZX] /.test(stat)) return undefined
    const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
    return `${pid}: ${line.replaceAll('\0', ' ')}`
  })
  return (await Promise.all(lines)).filter((line) => line !== undefined)
}

/** Paths below a directory, down to a depth; nothing where there is none. */
async function below(directory: string, depth = 16): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => [])
  const paths = entries.map(async (entry) => {
    const deeper =
      entry.isDirectory() && depth > 1 ? await below(join(directory, entry.name), depth - 1) : []
    return [entry.name, ...deeper.map((path) => join(entry.name, path))]
  })
  return (await Promise.all(paths)).flat()
}

async function output(program: string, ...args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(program, args, {
    maxBuffer: 16 * 1024 * 1024,
    timeout: END_DEADLINE_MS,
  })
  return stdout
}
