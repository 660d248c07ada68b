import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { GuestFiles } from '../../src/by-hand/guest-files.ts'

const PROGRAM = join(import.meta.dirname, 'pretend-firecracker.ts')

/** What a VM by hand is started with, and what came of it. */
export interface Pretended {
  readonly files: GuestFiles
  /** What the VMM was told last, with its pid. */
  told(): Promise<Record<string, unknown> & { pid: number }>
  /** Directories of VMs that are left. */
  left(): Promise<string[]>
}

/** A machine with a Firecracker that pretends. With `env` for that program. */
export async function pretendFiles(
  t: TestContext,
  env: Readonly<Record<string, string>> = {},
): Promise<Pretended> {
  const directory = await mkdtemp(join(tmpdir(), 'vb-test-'))
  t.after(() => rm(directory, { recursive: true, force: true }))
  const libexecDir = join(directory, 'libexec')
  const homeDir = join(directory, 'home')
  const vmsDir = join(directory, 'vms')
  for (const path of [libexecDir, homeDir, vmsDir]) await mkdir(path)
  const variables = Object.entries({ PRETEND_DIR: directory, ...env })
  const words = variables.map(([name, value]) => `${name}='${value}'`).join(' ')
  const program = join(libexecDir, 'firecracker')
  await writeFile(
    program,
    `#!/bin/sh\nexport ${words}\nexec '${process.execPath}' '${PROGRAM}' "$@"\n`,
  )
  await chmod(program, 0o755)
  const before = process.env['TMPDIR']
  process.env['TMPDIR'] = vmsDir
  t.after(() => {
    if (before === undefined) delete process.env['TMPDIR']
    else process.env['TMPDIR'] = before
  })
  return {
    files: {
      homeDir,
      libexecDir,
      guest: {
        vmm: { name: 'firecracker', version: '1.16.1' },
        isolation: 'hardware',
        commandLine: 'console=ttyS0 vulcan.port=1024 root=/dev/vda ro virtio_mmio.device=4K@0xd0',
      },
    },
    told: async () => JSON.parse(await readFile(join(directory, 'told.json'), 'utf8')),
    left: () => readdir(vmsDir),
  }
}
