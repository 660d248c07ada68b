import { createHash } from 'node:crypto'
import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { buildDirectory } from '../build-directory.ts'
import { exists } from '../exists.ts'
import { nativeTarget } from '../places.ts'
import { runCommand } from '../run-command.ts'
import type { Step } from '../step.ts'

const NAME = 'vhost-device-vsock'
const VERSION = '0.3.0'

export interface VhostDeviceVsock extends Step {
  /** Where it is. */
  readonly programs: Readonly<Record<typeof NAME, string>>
}

/** The vsock device that QEMU lacks, from crates.io: static, so that it runs in an empty root. */
export function vhostDeviceVsock(home: string, channel: string): VhostDeviceVsock {
  const inputs = [NAME, VERSION, channel, nativeTarget].join(' ')
  const hash = createHash('sha256').update(inputs).digest('hex').slice(0, 16)
  const directory = join(home, 'tools', `${NAME}-${VERSION}-${hash}`)
  return {
    name: `${NAME} ${VERSION}`,
    programs: { [NAME]: join(directory, NAME) },
    estimate: { downloadMib: 30, diskMib: 200, seconds: 110 },
    isDone: () => exists(directory),
    run: ({ signal, report }) =>
      buildDirectory(directory, async (building) => {
        const crate = [NAME, '--version', VERSION, '--locked', '--target', nativeTarget]
        const args = ['run', channel, 'cargo', 'install', ...crate, '--root', building]
        await runCommand('rustup', args, { signal, onLine: report })
        await rename(join(building, 'bin', NAME), join(building, NAME))
        // What is left is cargo's own record of the installation.
        for (const name of ['bin', '.crates.toml', '.crates2.json']) {
          await rm(join(building, name), { recursive: true })
        }
      }),
  }
}
