import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import * as z from 'zod'
import { cloneDir } from './places.ts'

const PROGRAM = 'examples/hello.py'

/** What the demo reads of the document that `vulcan run --json` prints. */
const RunDocument = z.object({
  reason: z.string(),
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

/** Runs a program through the real path, `bin/vulcan run`, and tells how it went. */
async function demo(): Promise<void> {
  const program = join(cloneDir, PROGRAM)
  print(`\nThe program, ${PROGRAM}:\n\n${indent(await readFile(program, 'utf8'))}`)
  print(`\n$ bin/vulcan run ${PROGRAM}\n`)
  const { output, code } = await runVulcan(['run', '--json', program])
  const run = RunDocument.safeParse(parseJson(output))
  if (!run.success) {
    print(`bin/vulcan exited with ${code} and printed no result:\n${output}`)
    process.exitCode = 1
    return
  }
  print(describeRun(run.data))
  if (run.data.exit_code !== 0) process.exitCode = 1
}

async function runVulcan(
  args: readonly string[],
): Promise<{ output: string; code: number | null }> {
  const vulcan = spawn(join(cloneDir, 'bin/vulcan'), args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const end = new Promise<number | null>((resolve, reject) => {
    vulcan.once('error', reject)
    vulcan.once('close', resolve)
  })
  const [output, code] = await Promise.all([text(vulcan.stdout), end])
  return { output, code }
}

function describeRun(run: RunDocument): string {
  return [
    indent(run.stdout + run.stderr),
    `  outcome      ${run.reason}, exit code ${run.exit_code}${run.error && `: ${run.error}`}`,
    `  VMM          ${run.vmm.name} ${run.vmm.version}`,
    `  chosen since ${run.vmm.reason}`,
    `  isolation    ${STRENGTHS[run.isolation_strength]}`,
    ...bootLine(run),
    `  in all       ${seconds(run.duration_ms)}`,
    '',
  ].join('\n')
}

/** From the phase in which the VMM is started to the one in which the agent gets its request. */
function bootLine({ phases }: RunDocument): string[] {
  const startedMs = phases.find(({ phase }) => phase === 'vmm')?.at_ms
  const readyMs = phases.find(({ phase }) => phase === 'request')?.at_ms
  if (startedMs === undefined || readyMs === undefined) return []
  return [
    `  boot         ${seconds(readyMs - startedMs)}, from the start of the VMM to the agent's answer`,
  ]
}

function parseJson(document: string): unknown {
  try {
    return JSON.parse(document)
  } catch (error) {
    return error
  }
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`
}

function indent(lines: string): string {
  return lines.replace(/^(?=.)/gm, '    ')
}

function print(lines: string): void {
  process.stdout.write(`${lines}\n`)
}

await demo()
