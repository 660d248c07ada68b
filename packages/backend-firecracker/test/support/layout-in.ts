import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Layout } from '../../src/lifecycle/layout.ts'

/** The directories of a host below `root`, with images that no fake reads. */
export async function layoutIn(root: string, imageMode = 0o644): Promise<Layout> {
  const layout = {
    homeDir: join(root, 'home'),
    runDir: join(root, 'run'),
    leasesDir: join(root, 'leases'),
    libexecDir: process.env['VULCAN_LIBEXEC'] ?? assert.fail('VULCAN_LIBEXEC is not set'),
  }
  await mkdir(join(layout.homeDir, 'rootfs'), { recursive: true })
  for (const file of ['vmlinux', 'initrd', 'rootfs/python.ext4']) {
    await writeFile(join(layout.homeDir, file), 'not read by the fake', { mode: imageMode })
  }
  return layout
}
