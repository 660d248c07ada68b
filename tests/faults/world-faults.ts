import { execFileSync } from 'node:child_process'
import { closeSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { cp, mkdir, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Layout } from '@vulcan/backend-firecracker'
import type { Arrangement, Fault } from './fault.ts'
import { fillHome, type Place } from './place.ts'

const LEASES = 4096
const MIB_BYTES = 1024 ** 2

/** Images are missing or damaged, disks are full, paths too long. */
export function worldFaults(place: Place): Fault[] {
  return [
    ...imageFaults(place),
    ...diskFaults(place),
    longPath(place),
    leftNamespace(place),
    killFails(place),
  ]
}

function imageFaults(place: Place): Fault[] {
  const files = ['vmlinux', 'initrd', 'rootfs/python.ext4']
  return ['missing', 'damaged'].flatMap((problem) =>
    files.map(
      (file): Fault => ({
        kind: `image ${problem}`,
        which: file,
        rows: ['image_missing@image'],
        arrange: async () => {
          const homeDir = place.newPath('home')
          await fillHome(homeDir)
          await cp(join(place.layout.homeDir, 'store'), join(homeDir, 'store'), { recursive: true })
          if (problem === 'damaged') await damage(homeDir, file)
          else await rm(join(homeDir, file))
          return removedAfter(homeDir, { layout: elsewhere(place, { homeDir }) })
        },
      }),
    ),
  )
}

/** Hosts that share a run directory share the others, too. */
function elsewhere(place: Place, other: Partial<Layout>): Layout {
  return { ...place.layout, runDir: place.newPath('run'), ...other }
}

/** Makes it a link into a store whose description gives another size. */
async function damage(homeDir: string, file: string): Promise<void> {
  const stored = join(homeDir, 'store/damaged')
  await mkdir(stored, { recursive: true })
  await writeFile(join(stored, 'file'), 'cut')
  const hash = '0'.repeat(64)
  const meta = {
    ...{ format: 1, name: 'damaged', kind: 'kernel', recipe_hash: hash, arch: 'x86_64' },
    ...{ versions: {}, created_at: '2026-01-01T00:00:00Z' },
    files: [{ path: 'file', size_bytes: 4, sha256: hash }],
  }
  await writeFile(join(stored, 'meta.json'), JSON.stringify(meta))
  await rm(join(homeDir, file))
  await symlink(join(stored, 'file'), join(homeDir, file))
}

function diskFaults(place: Place): Fault[] {
  const kind = 'disk full'
  return [
    {
      ...{ kind, which: 'no room for a scratch drive', rows: ['no_space@-'] },
      arrange: () => smallHome(place, 'size=8m'),
    },
    {
      ...{ kind, which: 'no inode for a scratch drive', rows: ['no_space@drives'] },
      endMayBeLost: true,
      arrange: () => smallHome(place, 'size=128m,nr_inodes=64', fillInodes),
    },
    {
      ...{ kind, which: 'no inode for a VM', rows: ['no_space@-'] },
      arrange: () => smallRun(place, 'size=1m,nr_inodes=48'),
    },
    ...(['image', 'drives', 'network', 'vmm', 'booting', 'running'] as const).map(
      (phase): Fault => ({
        ...{ kind, which: `in the run directory, in phase ${phase}` },
        rows: ['no_space@', 'exited@ended', 'boot_failed@'],
        ...{ releaseMayFail: true, endMayBeLost: true },
        ...(phase === 'network' ? { network: 'public' as const } : {}),
        arrange: () => smallRun(place, 'size=256k'),
        onPhase: (entered, _fake, { runDir }) => {
          if (entered === phase) fillBytes(runDir)
        },
      }),
    ),
  ]
}

async function smallHome(
  place: Place,
  options: string,
  fill: (directory: string) => void = () => undefined,
): Promise<Arrangement> {
  const homeDir = await mountTmpfs(place, 'home', options)
  await fillHome(homeDir)
  await cp(join(place.layout.homeDir, 'store'), join(homeDir, 'store'), { recursive: true })
  fill(homeDir)
  return unmountedAfter(homeDir, { layout: elsewhere(place, { homeDir }) })
}

async function smallRun(place: Place, options: string): Promise<Arrangement> {
  const runDir = await mountTmpfs(place, 'run', `${options},mode=0700`)
  if (options.includes('nr_inodes')) {
    for (const name of ['owners', 'vms', 'slots']) await mkdir(join(runDir, name), { mode: 0o700 })
    // One for the owner's lock.
    fillInodes(runDir)
    rmSync(join(runDir, 'filler-0'))
  }
  const relieve = async () => {
    await rm(join(runDir, 'filler'), { force: true })
    if (options.includes('nr_inodes'))
      execFileSync('sh', ['-c', 'rm -f "$1"/filler-*', 'sh', runDir])
  }
  return unmountedAfter(runDir, { layout: { ...place.layout, runDir }, relieve })
}

async function mountTmpfs(place: Place, name: string, options: string): Promise<string> {
  const path = place.newPath(name)
  await mkdir(path)
  execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'none', path])
  return path
}

function unmountedAfter(
  path: string,
  arrangement: Omit<Arrangement, typeof Symbol.asyncDispose>,
): Arrangement {
  return {
    ...arrangement,
    [Symbol.asyncDispose]: async () => {
      execFileSync('umount', [path])
      await rm(path, { recursive: true })
    },
  }
}

function removedAfter(
  path: string,
  arrangement: Omit<Arrangement, typeof Symbol.asyncDispose>,
): Arrangement {
  return { ...arrangement, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) }
}

function fillInodes(directory: string): void {
  untilFull((count) => writeFileSync(join(directory, `filler-${count}`), ''))
}

function fillBytes(directory: string): void {
  const file = openSync(join(directory, 'filler'), 'w')
  try {
    const block = Buffer.alloc(4096)
    untilFull(() => writeSync(file, block))
  } finally {
    closeSync(file)
  }
}

function untilFull(write: (count: number) => void): void {
  try {
    for (let count = 0; count < MIB_BYTES; count += 1) write(count)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error
  }
}

function longPath(place: Place): Fault {
  return {
    kind: 'socket path too long',
    which: 'below the run directory',
    rows: ['boot_failed@vmm'],
    arrange: async () => {
      const top = place.newPath('long')
      const runDir = join(top, 'x'.repeat(60))
      return removedAfter(top, { layout: { ...place.layout, runDir } })
    },
  }
}

/** Only one number can be leased, and a namespace has that one's name. */
function leftNamespace(place: Place): Fault {
  return {
    kind: 'namespace left over',
    which: 'of the name that is next',
    // The first one to fail removes it.
    rows: ['network_failed@network', 'no_capacity@network', 'exited@ended'],
    network: 'public',
    arrange: async () => {
      const leasesDir = place.newPath('leases')
      await mkdir(join(leasesDir, 'slot'), { recursive: true })
      const holder = join(place.root, 'another/slots/holder')
      await mkdir(join(place.root, 'another'), { recursive: true })
      const free = await leaseFirst(join(place.layout.leasesDir, 'slot'), holder)
      for (let number = 0; number < LEASES; number += 1) {
        if (number !== free) await symlink(holder, join(leasesDir, 'slot', String(number)))
      }
      execFileSync('ip', ['netns', 'add', `vulcan-${free}`])
      return {
        layout: elsewhere(place, { leasesDir }),
        [Symbol.asyncDispose]: async () => {
          await rm(leasesDir, { recursive: true })
          await rm(join(place.layout.leasesDir, 'slot', String(free)))
        },
      }
    },
  }
}

/** Takes a number from those who have the usual directory of leases. */
async function leaseFirst(directory: string, holder: string): Promise<number> {
  for (let number = 0; number < LEASES; number += 1) {
    const taken = await symlink(holder, join(directory, String(number))).then(
      () => true,
      () => false,
    )
    if (taken) return number
  }
  throw new Error(`there is no free lease in ${directory}`)
}

/** The first attempts to make sure of a VMM's end fail: its network must wait for a later one. */
function killFails(place: Place): Fault {
  return {
    kind: 'release fails',
    which: 'at the first attempt',
    rows: ['exited@ended'],
    releaseMayFail: true,
    arrange: async () => {
      const libexecDir = place.newPath('libexec')
      await mkdir(libexecDir)
      const launch = join(place.layout.libexecDir, 'vulcan-launch')
      const lines = [
        '#!/bin/sh',
        `if [ "$1" = kill ] && mkdir "$0.$(basename "$(dirname "$2")")" 2>/dev/null; then exit 1; fi`,
        `exec '${launch}' "$@"`,
      ]
      await writeFile(join(libexecDir, 'vulcan-launch'), lines.join('\n'), { mode: 0o755 })
      return removedAfter(libexecDir, { layout: { ...place.layout, libexecDir } })
    },
  }
}
