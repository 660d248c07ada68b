import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import * as z from 'zod'
import { indent, print } from './demo-print.ts'
import { demoServer } from './demo-server.ts'
import { cloneDir } from './places.ts'

const PROGRAMS = ['examples/hello.py', 'examples/hello.mjs', 'examples/hello.go']

/** What the demo reads of the document that `vulcan run --json` prints. */
const RunDocument = z.object({
  reason: z.string(),
  runtime: z.string(),
  exit_code: z.number().nullable(),
  stdout: z.string(),
  stderr: z.string(),
  error: z.string(),
  duration_ms: z.number(),
  phases: z.array(z.object({ phase: z.string(), at_ms: z.number() })),
  vmm: z.object({ name: z.string(), version: z.string(), reason: z.string() }),
  isolation_strength: z.enum(['hardware', 'emulated']),
})
type RunDocument = z.infer<typeof RunDocument>

const STRENGTHS = {
  hardware: 'hardware: the processor keeps the guest apart',
  emulated: 'emulated: for development and tests, NO security boundary (no KVM that boots a guest)',
} as const

/**
 * Runs a program of each runtime through the real path, `bin/vulcan run`, and then one on a server,
 * and tells how it went.
 */
async function demo(): Promise<void> {
  const runs: RunDocument[] = []
  for (const program of PROGRAMS) {
    print(`\n$ bin/vulcan run ${program}\n`)
    const run = await runVulcan(['run', '--json', '--timeout', '60s', join(cloneDir, program)])
    print(indent(run.stdout + run.stderr + (run.error && `${run.reason}: ${run.error}\n`)))
    runs.push(run)
  }
  print(table(runs))
  for (const { vmm, isolation_strength } of runs.slice(0, 1)) {
    print(`VMM        ${vmm.name} ${vmm.version}, because ${vmm.reason}`)
    print(`isolation  ${STRENGTHS[isolation_strength]}\n`)
  }
  // A server does not take emulation unless it is told to.
  const isEmulated = runs.some(({ isolation_strength }) => isolation_strength === 'emulated')
  const isServed = await demoServer(isEmulated ? { VULCAN_VMM: 'qemu' } : {})
  if (!isServed || runs.some(({ exit_code }) => exit_code !== 0)) process.exitCode = 1
}

async function runVulcan(args: readonly string[]): Promise<RunDocument> {
  const vulcan = spawn(join(cloneDir, 'bin/vulcan'), args, { stdio: ['ignore', 'pipe', 'inherit'] })
  vulcan.on('error', (error) => vulcan.stdout.destroy(error))
  return RunDocument.parse(JSON.parse(await text(vulcan.stdout)))
}

/** `boot` lasts from the start of the VMM to the agent's readiness, `run` from there to the end. */
function table(runs: readonly RunDocument[]): string {
  const header = ['runtime', 'exit code', 'boot', 'run', 'in all', 'VMM']
  const rows = runs.map((run) => {
    const [startedMs, readyMs, endedMs] = ['vmm', 'request', 'ended'].map(
      (name) => run.phases.find(({ phase }) => phase === name)?.at_ms ?? Number.NaN,
    ) as [number, number, number]
    const times = [readyMs - startedMs, endedMs - readyMs, run.duration_ms].map(seconds)
    return [run.runtime, String(run.exit_code ?? run.reason), ...times, run.vmm.name]
  })
  return [header, ...rows].map((row) => `${row.map((cell) => cell.padEnd(11)).join('')}\n`).join('')
}

function seconds(ms: number): string {
  return Number.isNaN(ms) ? '-' : `${(ms / 1000).toFixed(2)} s`
}

await demo()
