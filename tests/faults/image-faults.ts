import { cp, mkdir, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { elsewhere, removedAfter } from './arrangements.ts'
import type { Fault } from './fault.ts'
import { fillHome, type Place } from './place.ts'

/** Kernel, initrd or root file system are missing or damaged. */
export function imageFaults(place: Place): Fault[] {
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
