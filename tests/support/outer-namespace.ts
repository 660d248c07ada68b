import { spawnSync } from 'node:child_process'
import { readlinkSync } from 'node:fs'
import { test } from 'node:test'

/** Holds the network namespace that a test file was started in. */
const LEFT_NAMESPACE = 'VULCAN_TEST_LEFT_NAMESPACE'

/**
 * The mounts hide what the host's own namespaces and leases are called; `lo` is the only link, so
 * nothing can leave the machine.
 */
const ENTER = `set -e
for directory in /run/netns /run/vulcan-network /var/lib/cni; do
  mkdir -p "$directory"
  mount -t tmpfs none "$directory"
done
ip link set lo up
exec "$@"`

/**
 * Runs the tests of a file, given as `import.meta.filename`, inside a network namespace of its own:
 * the file is started again there, and reports to node:test in place of this process. Without root
 * there is one test, skipped.
 */
export async function inOuterNamespace(
  file: string,
  declareTests: () => void | Promise<void>,
): Promise<void> {
  if (process.getuid?.() !== 0) {
    test('networks work', { skip: 'only root makes network namespaces' })
    return
  }
  const namespace = readlinkSync('/proc/self/ns/net')
  const left = process.env[LEFT_NAMESPACE]
  if (left !== undefined && left !== namespace) return declareTests()

  const { status, error } = spawnSync(
    'setpriv',
    ['--pdeathsig', 'KILL', 'unshare', '--net', '--mount', 'sh', '-c', ENTER, 'sh'].concat([
      process.execPath,
      ...process.execArgv,
      file,
    ]),
    { stdio: 'inherit', env: { ...process.env, [LEFT_NAMESPACE]: namespace } },
  )
  if (error !== undefined) throw error
  process.exit(status ?? 1)
}
