import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Vulcan } from '@vulcan/client'
import { messageOf } from '@vulcan/schema'
import { indent, print } from './demo-print.ts'
import { cloneDir } from './places.ts'

const PROGRAM = 'examples/hello.py'
/** What is shown of the hundreds of lines that `GET /metrics` has: what was counted. */
const SHOWN_METRICS = /^vulcan_firecracker_(workloads_total|vm_boot_seconds_sum)\{.*\} (?!0$)\S+$/
/** Longer than a server takes to stop that has nothing to wait for. */
const STOP_MS = 30_000

/**
 * Starts a server on a free port, with a database of its own, and has it run a program: submitted and
 * followed over HTTP. Resolves with whether all of that went well.
 */
export async function demoServer(env: Readonly<Record<string, string>>): Promise<boolean> {
  const directory = await mkdtemp(join(tmpdir(), 'vulcan-demo-'))
  try {
    const variables = { ...env, VULCAN_LISTEN_ADDR: '127.0.0.1:0' }
    const assignments = Object.entries(variables).map(([name, value]) => `${name}=${value} `)
    print(`\n$ ${assignments.join('')}bin/vulcan serve\n`)
    const server = spawn(join(cloneDir, 'bin/vulcan'), ['serve'], {
      env: { ...process.env, ...variables, VULCAN_DB_PATH: join(directory, 'vulcan.db') },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const exited = once(server, 'exit')
    try {
      const url = await servingAt(server)
      print(indent(`serving at ${url}`))
      const isWell = await useServer(new Vulcan({ url, apiKey: undefined }), url)
      server.kill('SIGTERM')
      const [exitCode] = await Promise.race([exited, late()])
      print(indent(`stopped by SIGTERM, exit code ${exitCode}\n`))
      return isWell && exitCode === 0
    } finally {
      server.kill('SIGKILL')
      await exited
    }
  } catch (error) {
    print(indent(messageOf(error)))
    return false
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

/** What a client does with a server. */
async function useServer(client: Vulcan, url: string): Promise<boolean> {
  const code = await readFile(join(cloneDir, PROGRAM), 'utf8')
  const { id } = await client.submit({ runtime: 'python', code, args: ['HTTP'], timeoutS: 60 })
  print(indent(`POST /v1/workloads/async     ${PROGRAM} is workload ${id}`))
  print(indent(`GET  /v1/workloads/{id}/logs`))
  for await (const event of client.logs(id)) {
    if (event.type === 'output') process.stdout.write(indent(indent(textOf(event.bytes))))
  }
  const { status, reason, exitCode, durationMs } = await client.wait(id)
  const end = exitCode === null ? reason : `exit code ${exitCode}`
  print(
    indent(`GET  /v1/workloads/{id}      ${status}, ${end}, after ${Number(durationMs) / 1000} s`),
  )
  const metrics = await (await fetch(`${url}/metrics`)).text()
  print(indent('GET  /metrics'))
  for (const line of metrics.split('\n')) if (SHOWN_METRICS.test(line)) print(indent(indent(line)))
  return exitCode === 0
}

/** Reads the log up to the line that says where it serves; what it says instead is what went wrong. */
async function servingAt({ stderr }: ChildProcess): Promise<string> {
  const said: string[] = []
  if (stderr === null) throw new Error('the server has no log')
  try {
    for await (const line of createInterface({ input: stderr })) {
      const { url } = parse(line)
      if (typeof url === 'string') return url
      said.push(line)
    }
  } finally {
    // A server whose log nobody reads would stand still.
    stderr.resume()
  }
  throw new Error(`the server did not start: ${said.join('\n')}`)
}

function parse(line: string): { readonly url?: unknown } {
  try {
    return JSON.parse(line)
  } catch {
    // What ends a start is said in words.
    return {}
  }
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes)
}

async function late(): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>()
  const words = `the server did not stop within ${STOP_MS} ms`
  setTimeout(() => reject(new Error(words)), STOP_MS).unref()
  return promise
}
