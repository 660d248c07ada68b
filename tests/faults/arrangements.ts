import { execFileSync } from 'node:child_process'
import { rm } from 'node:fs/promises'
import type { Layout } from '@vulcan/backend-firecracker'
import type { Arrangement } from './fault.ts'
import type { Place } from './place.ts'

type World = Omit<Arrangement, typeof Symbol.asyncDispose>

/** Hosts that share a run directory share the others, too. */
export function elsewhere(place: Place, other: Partial<Layout>): Layout {
  return { ...place.layout, runDir: place.newPath('run'), ...other }
}

/** A world in a mount of its own. */
export function unmountedAfter(path: string, arrangement: World): Arrangement {
  return {
    ...arrangement,
    [Symbol.asyncDispose]: async () => {
      execFileSync('umount', [path])
      await rm(path, { recursive: true })
    },
  }
}

/** A world in a directory of its own. */
export function removedAfter(path: string, arrangement: World): Arrangement {
  return { ...arrangement, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) }
}
