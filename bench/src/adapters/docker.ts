import type { Runtime } from '@vulcan/schema'
import type { Adapter } from './adapter.ts'
import { firstThatWorks } from './first-that-works.ts'

/** Images of the runtimes under their usual names. None is pulled: this machine has one, or not. */
const IMAGES: Readonly<Record<Runtime, readonly string[]>> = {
  python: ['python:3-slim', 'python:3-alpine', 'python'],
  node: ['node:slim', 'node:alpine', 'node'],
  go: ['golang:alpine', 'golang'],
}

const INSIDE: Readonly<Record<Runtime, readonly string[]>> = {
  python: ['python3', '-'],
  node: ['node', '-'],
  go: ['sh', '-c', 'cat > /tmp/main.go && go run /tmp/main.go'],
}

/** `docker run` of a container for each program, without a network. Throws `UnavailableError`. */
export function openDocker(runtime: Runtime, signal: AbortSignal): Promise<Adapter> {
  const ways = IMAGES[runtime].map((image) => [
    ...['docker', 'run', '--rm', '-i', '--pull=never', '--network=none', image],
    ...INSIDE[runtime],
  ])
  return firstThatWorks('docker', runtime, ways, signal)
}
