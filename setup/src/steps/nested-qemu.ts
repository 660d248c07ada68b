import { runMmdebstrap } from '@vulcan/images'
import { hashInputs } from '../hash-inputs.ts'
import { cloneDir } from '../places.ts'
import type { Step, StepContext } from '../step.ts'
import { keptDirectory } from './kept-directory.ts'

const SUITE = 'trixie'
const PACKAGE = 'qemu-system-x86'
/** The program, the libraries that it loads and their loader, and what it starts machines with. */
const PARTS = [
  '/usr/bin/qemu-system-x86_64',
  '/usr/lib/x86_64-linux-gnu',
  '/usr/share/qemu',
  '/usr/share/seabios',
]
const NEEDED_BYTES = 1024 ** 3
const DEADLINE_MS = 20 * 60_000

/**
 * QEMU for the host of nested tests, found through `dist/nested-qemu`: Debian 13's, with all that it
 * needs, whatever this machine has. With 7.2 the kernel of such a host dies now and then: before 8.1
 * an emulated processor may keep code that another one has just replaced (QEMU's commit "accel/tcg:
 * Always lock pages before translation").
 */
export async function nestedQemu(home: string): Promise<Step> {
  return keptDirectory({
    name: 'QEMU for the host of nested tests',
    estimate: { downloadMib: 80, diskMib: 110, seconds: 20 },
    home,
    link: 'nested-qemu',
    hash: await hashInputs({ root: cloneDir, files: [], words: [SUITE, PACKAGE, ...PARTS] }),
    build,
  })
}

async function build(directory: string, { signal, report }: StepContext): Promise<void> {
  await runMmdebstrap({
    suite: SUITE,
    variant: 'extract',
    packages: [PACKAGE],
    hooks: [`--extract-hook=copy-out ${PARTS.join(' ')} .`],
    directory,
    neededBytes: NEEDED_BYTES,
    deadlineMs: DEADLINE_MS,
    signal,
    report,
  })
}
