import { execFileSync } from 'node:child_process'
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { elsewhere, removedAfter } from './arrangements.ts'
import { diskFaults } from './disk-faults.ts'
import type { Fault } from './fault.ts'
import { imageFaults } from './image-faults.ts'
import type { Place } from './place.ts'

const LEASES = 4096

/** Images, disks, paths, names and programs of the host are not what they should be. */
export function worldFaults(place: Place): Fault[] {
  return [
    ...imageFaults(place),
    ...diskFaults(place),
    longPath(place),
    leftNamespace(place),
    killFails(place),
  ]
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

/** The first attempt to make sure of a VMM's end fails: its network must wait for a later one. */
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
        // The directory's name ends with its owner, who may be another one the next time.
        'vm=$(basename "$(dirname "$2")" | cut -d . -f 1)',
        'if [ "$1" = kill ] && mkdir "$0.$vm" 2>/dev/null; then exit 1; fi',
        `exec '${launch}' "$@"`,
      ]
      await writeFile(join(libexecDir, 'vulcan-launch'), lines.join('\n'), { mode: 0o755 })
      return removedAfter(libexecDir, { layout: { ...place.layout, libexecDir } })
    },
  }
}
