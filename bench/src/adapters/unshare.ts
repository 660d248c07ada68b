import type { Runtime } from '@vulcan/schema'
import type { Adapter } from './adapter.ts'
import { firstThatWorks } from './first-that-works.ts'

const NAMESPACES = ['--mount', '--pid', '--net', '--ipc', '--uts', '--fork', '--kill-child']

const INSIDE: Readonly<Record<Runtime, readonly string[]>> = {
  python: ['python3', '-'],
  node: [process.execPath, '-'],
  go: ['sh', '-c', 'd=$(mktemp -d) && cat > $d/main.go && go run $d/main.go; rm -r $d'],
}

/** This machine's own interpreter in namespaces of its own, first with a user namespace. Throws `UnavailableError`. */
export function openUnshare(runtime: Runtime, signal: AbortSignal): Promise<Adapter> {
  const ways = [['--user', '--map-root-user'], []].map((user) => [
    ...['unshare', ...user, ...NAMESPACES],
    ...INSIDE[runtime],
  ])
  return firstThatWorks('unshare', runtime, ways, signal)
}
