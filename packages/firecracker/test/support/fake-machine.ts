import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { FirecrackerClient, Machine } from '../../src/index.ts'
import { waitForSocket } from '../../src/process/wait-for-socket.ts'
import type { FakeFirecracker } from '../../testing/index.ts'

/** A process of the fake, its machine, and what came over its API. */
export async function fakeMachine(
  fake: FakeFirecracker,
  directory: string,
  options: { name?: string; args?: readonly string[] } = {},
) {
  const { name = 'vm', args = [] } = options
  const socketPath = join(directory, `${name}.sock`)
  const child = spawn(fake.binary, ['--api-sock', socketPath, ...args], { stdio: 'ignore' })
  const exited = once(child, 'exit')
  await waitForSocket(socketPath, AbortSignal.timeout(20_000))
  const client = new FirecrackerClient(socketPath)
  const vm = fake.vms.at(-1)!
  return {
    client,
    vm,
    exited,
    machine: new Machine(client, args.includes('--config-file') ? 'running' : 'not_started'),
    async [Symbol.asyncDispose]() {
      client[Symbol.dispose]()
      child.kill('SIGKILL')
      await exited
    },
  }
}
