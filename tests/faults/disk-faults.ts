import { execFileSync } from 'node:child_process'
import { closeSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { cp, mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { hasErrno } from '@vulcan/schema'
import { elsewhere, unmountedAfter } from './arrangements.ts'
import type { Arrangement, Fault } from './fault.ts'
import { fillHome, type Place } from './place.ts'

/** More than any of our disks takes. */
const WRITES_MAX = 1024 ** 2

/** There is no room for drives, or for what is written down. */
export function diskFaults(place: Place): Fault[] {
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
    for (let count = 0; count < WRITES_MAX; count += 1) write(count)
  } catch (error) {
    if (!hasErrno(error, 'ENOSPC')) throw error
  }
}
