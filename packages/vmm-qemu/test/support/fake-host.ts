import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'

/** The files and variables of a host on which no program is real. */
export interface FakeHost {
  readonly dir: string
  readonly env: Readonly<Record<string, string>>
  /** Makes a file of this name and returns its path. */
  file(name: string, text?: string): Promise<string>
}

export async function fakeHost(t: TestContext): Promise<FakeHost> {
  const dir = await mkdtemp(join(tmpdir(), 'vmm-'))
  t.after(() => rm(dir, { recursive: true, force: true }))
  const bin = join(dir, 'bin')
  await mkdir(bin)
  const fake = join(import.meta.dirname, 'fake-launch.ts')
  const programs = {
    'vulcan-launch': `#!/bin/sh\nexec '${process.execPath}' --no-warnings '${fake}' "$@"\n`,
    'vhost-device-vsock': '#!/bin/sh\n',
    'qemu-system-x86_64': '#!/bin/sh\n',
  }
  for (const [name, text] of Object.entries(programs)) {
    await writeFile(join(bin, name), text)
    await chmod(join(bin, name), 0o755)
  }
  return {
    dir,
    env: { VULCAN_LIBEXEC: bin, VULCAN_RUN: join(dir, 'run'), PATH: bin },
    async file(name, text = '') {
      await writeFile(join(dir, name), text)
      return join(dir, name)
    },
  }
}
