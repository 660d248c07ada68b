import { copyFile, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { runMmdebstrap } from '@vulcan/images'
import { hashInputs } from '../hash-inputs.ts'
import { cloneDir } from '../places.ts'
import type { Step, StepContext } from '../step.ts'
import { keptDirectory } from './kept-directory.ts'

const SUITE = 'trixie'
const NEEDED_BYTES = 3 * 1024 ** 3
const DEADLINE_MS = 20 * 60_000

/** A kernel with KVM and a root for it, and what Vulcan's host and the tests of networks start. */
const PACKAGES = [
  'linux-image-cloud-amd64',
  'busybox-static',
  'kmod',
  ...['nftables', 'iptables', 'iproute2', 'containernetworking-plugins', 'conntrack'],
  ...['e2fsprogs', 'util-linux', 'mount', 'procps', 'python3-minimal'],
  // Node.js's own.
  ...['libatomic1', 'libstdc++6'],
]

/**
 * The Debian host in which tests run on real Firecracker where this machine's KVM boots no guest: a
 * kernel, an initrd and a disk for QEMU, named by the hash of their recipe and found through
 * `dist/nested-host`.
 */
export async function nestedHost(home: string): Promise<Step> {
  const hash = await hashInputs({
    root: cloneDir,
    files: ['setup/nested-host/*'],
    words: [SUITE, ...PACKAGES],
  })
  return keptDirectory({
    name: 'host of nested tests',
    estimate: { downloadMib: 150, diskMib: 700, seconds: 60 },
    home,
    link: 'nested-host',
    hash,
    build,
  })
}

/** What the customize hook leaves in the root, and what it is called here. */
const OUTPUT = {
  'nested-vmlinuz': 'vmlinuz',
  'nested-initrd': 'initrd',
  'nested-disk': 'disk.ext4',
} as const

async function build(directory: string, { signal, report }: StepContext): Promise<void> {
  const recipe = join(cloneDir, 'setup/nested-host')
  const script = await readFile(join(recipe, 'customize.sh'), 'utf8')
  await copyFile(join(recipe, 'initrd-init.sh'), join(directory, 'nested-init'))
  await runMmdebstrap({
    suite: SUITE,
    variant: 'essential',
    packages: PACKAGES,
    hooks: [
      '--customize-hook=upload nested-init /dev/nested-init',
      `--customize-hook=${script}`,
      ...Object.keys(OUTPUT).map((name) => `--customize-hook=download /dev/${name} ${name}`),
    ],
    directory,
    neededBytes: NEEDED_BYTES,
    deadlineMs: DEADLINE_MS,
    signal,
    report,
  })
  await rm(join(directory, 'nested-init'))
  for (const [from, to] of Object.entries(OUTPUT)) {
    await rename(join(directory, from), join(directory, to))
  }
}
