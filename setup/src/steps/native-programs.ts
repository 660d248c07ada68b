import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { VulcanError } from '@vulcan/schema'
import { buildDirectory } from '../build-directory.ts'
import { exists } from '../exists.ts'
import { hashInputs } from '../hash-inputs.ts'
import { cargoTargetDir, cloneDir, nativeTarget } from '../places.ts'
import { runCommand } from '../run-command.ts'
import type { Step } from '../step.ts'

const NAMES = ['vulcan-guest', 'vulcan-launch'] as const

export interface NativePrograms extends Step {
  /** Where each of them is. */
  readonly programs: Readonly<Record<(typeof NAMES)[number], string>>
}

/** Sources were edited while they were compiled, so that nobody knows what came out. */
export class SourcesChangedError extends VulcanError<'sources_changed'> {
  constructor() {
    super('sources_changed', 'native/ was changed while it was built: run it again')
  }
}

/** `vulcan-guest` and `vulcan-launch`, static, named by the hash of their sources. */
export async function nativePrograms(home: string, channel: string): Promise<NativePrograms> {
  const workspace = join(cloneDir, 'native')
  const hash = await hashSources(workspace)
  const directory = join(home, 'native', hash)
  return {
    name: 'native programs',
    programs: {
      'vulcan-guest': join(directory, 'vulcan-guest'),
      'vulcan-launch': join(directory, 'vulcan-launch'),
    },
    estimate: { downloadMib: 10, diskMib: 150, seconds: 80 },
    isDone: () => exists(directory),
    async run({ signal, report }) {
      const built = join(cargoTargetDir(), nativeTarget, 'release')
      const packages = NAMES.flatMap((name) => ['--package', name])
      const args = ['build', '--release', '--locked', '--target', nativeTarget, ...packages]
      await runCommand('rustup', ['run', channel, 'cargo', ...args], {
        signal,
        cwd: workspace,
        onLine: report,
      })
      if ((await hashSources(workspace)) !== hash) throw new SourcesChangedError()
      await buildDirectory(directory, async (building) => {
        for (const name of NAMES) await copyFile(join(built, name), join(building, name))
      })
    },
  }
}

function hashSources(workspace: string): Promise<string> {
  return hashInputs({
    root: workspace,
    files: ['Cargo.*', 'rust-toolchain.toml', '*/Cargo.toml', '*/build.rs', '*/src/**/*'],
    words: [nativeTarget],
  })
}
